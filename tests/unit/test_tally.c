#include "applets/chat/tally.h"

#include <stdlib.h>

#include "unit.h"

static void counts_lines_to_their_last_byte(void) {
    struct tally t = {.end = 0};
    CHECK(tally_left(&t, 0) == 0);
    tally_add(&t, 10, true);
    tally_add(&t, 5, false); /* another's */
    tally_add(&t, 7, true);
    CHECK(t.end == 22 && tally_left(&t, 9) == 2);
    CHECK(tally_left(&t, 10) == 1 && tally_left(&t, 21) == 1 && tally_left(&t, 22) == 0);
    tally_add(&t, 1, true);
    CHECK(tally_left(&t, 22) == 1);
    tally_free(&t);
}

static void asks_for_a_count_now_and_then(void) {
    struct tally t = {.end = 0};
    size_t asked = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        tally_add(&t, 2, true);
        if (tally_is_long(&t)) asked++, tally_left(&t, t.end - 1000);
        CHECK(t.ends.size < 8 * 4000);
    }
    CHECK(asked > 10 && asked < 200);
    tally_free(&t);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a line counts as taken once its last byte is", counts_lines_to_their_last_byte},
        {"what is kept is bounded by what is on its way", asks_for_a_count_now_and_then},
    };
    return UNIT_RUN(tests);
}
