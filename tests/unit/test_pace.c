#include "common/base/pace.h"

#include <stdbool.h>

#include "unit.h"

#define SECOND INT64_C(1000000000)

static const uint64_t rates[] = {1, 3, 19, 20, 99, 1000, 65537, 1 << 20, PACE_MOST};
#define RATES (sizeof rates / sizeof *rates)

/* Not more than is due, in exact arithmetic: bytes <= rate * ns / 10^9. */
static bool is_due(uint64_t bytes, uint64_t rate, int64_t ns) {
    uint64_t s = (uint64_t)(ns / SECOND), rest = (uint64_t)(ns % SECOND);
    return bytes <= rate * s + rate / 1000 * rest / 1000000 + rate % 1000 * rest / SECOND + 1;
}

static void waits_end_when_something_is_due(void) {
    for (size_t i = 0; i < RATES; i++) {
        struct pace p;
        int64_t now = 12345;
        pace_start(&p, rates[i], now);
        for (int turn = 0; turn < 50; turn++) {
            int64_t wait = pace_wait(&p, now);
            CHECK(pace_room(&p, now) == 0 && wait > 0);
            CHECK(pace_room(&p, now + wait - 1) == 0);
            now += wait;
            CHECK(pace_room(&p, now) > 0 && pace_wait(&p, now) == 0);
            pace_spend(&p, now, pace_room(&p, now));
        }
    }
}

/* However late each wait is seen to have ended. */
static void never_faster_and_hardly_slower(void) {
    for (size_t i = 0; i < RATES; i++) {
        struct pace p;
        uint64_t gone = 0, last = 0;
        int64_t now = 0;
        pace_start(&p, rates[i], 0);
        for (int turn = 0; turn < 1000; turn++) {
            now += pace_wait(&p, now) + turn % 3 * 900000;
            last = pace_room(&p, now);
            gone += last;
            pace_spend(&p, now, (size_t)last);
            CHECK(is_due(gone, rates[i], now));
        }
        CHECK(!is_due(gone * 100 / 99 + 2, rates[i], now));
    }
}

static void what_is_spent_in_part_is_still_there(void) {
    struct pace p;
    pace_start(&p, 100000, 0);
    CHECK(pace_room(&p, SECOND / 100) == 1000);
    pace_spend(&p, SECOND / 100, 1);
    CHECK(pace_room(&p, SECOND / 100) == 0);
    CHECK(pace_wait(&p, SECOND / 100) == 10000); /* a byte's time, to a whole portion */
    CHECK(pace_room(&p, SECOND / 100 + 10000) == 1000);
}

static void silence_saves_little(void) {
    struct pace p;
    pace_start(&p, 1000, 0);
    CHECK(pace_room(&p, 3600 * SECOND) == 51);
    pace_spend(&p, 3600 * SECOND, 51);
    CHECK(pace_room(&p, 3600 * SECOND) == 0);
    pace_start(&p, 2, 0);
    CHECK(pace_room(&p, 3600 * SECOND) == 1);
    pace_spend(&p, 3600 * SECOND, 1);
    CHECK(pace_wait(&p, 3600 * SECOND) == SECOND * 45 / 100);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a wait ends when a portion is due, and not before", waits_end_when_something_is_due},
        {"never faster than the rate, and within 1 % of it", never_faster_and_hardly_slower},
        {"what was not spent is still there", what_is_spent_in_part_is_still_there},
        {"a silence saves 50 ms' worth and one byte", silence_saves_little},
    };
    return UNIT_RUN(tests);
}
