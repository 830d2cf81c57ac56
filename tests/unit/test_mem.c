#include <stdlib.h>

#include "common/base/mem.h"
#include "unit.h"

static void an_array_grows_by_doubling(void) {
    size_t capacity = 0, moves = 0;
    int *items = NULL;
    for (size_t count = 1; count <= 100000; count++) {
        size_t before = capacity;
        items = mem_grow(items, &capacity, count, sizeof *items);
        moves += capacity != before;
        CHECK(capacity >= count && (before == 0 || capacity == before || capacity >= 2 * before));
        items[count - 1] = (int)count;
    }
    CHECK(moves < 20 && items[0] == 1 && items[99999] == 100000);
    free(items);
}

static void an_array_that_is_large_enough_stays(void) {
    size_t capacity = 0;
    char *items = mem_grow(NULL, &capacity, 1000, 1);
    CHECK(capacity >= 1000);
    size_t before = capacity;
    CHECK(mem_grow(items, &capacity, before, 1) == items && capacity == before);
    free(items);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"an array grows by doubling, and keeps what is in it", an_array_grows_by_doubling},
        {"an array that is large enough stays where it is", an_array_that_is_large_enough_stays},
    };
    return UNIT_RUN(tests);
}
