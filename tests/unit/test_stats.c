#include "applets/probe/stats.h"

#include <stdbool.h>

#include "unit.h"

static bool near(double a, double b) { return a - b < 1e-6 && b - a < 1e-6; }

static void few(void) {
    struct stats s = {0};
    CHECK(s.count == 0 && near(stats_deviation(&s), 0));
    stats_add(&s, 5);
    CHECK(near(s.min, 5) && near(s.mean, 5) && near(s.max, 5) && near(stats_deviation(&s), 0));
}

static void known(void) {
    static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct stats s = {0};
    for (size_t i = 0; i < 8; i++) stats_add(&s, values[i]);
    CHECK(s.count == 8);
    CHECK(near(s.min, 2) && near(s.max, 9) && near(s.mean, 5) && near(stats_deviation(&s), 2));
}

static void small_and_negative(void) {
    struct stats s = {0};
    stats_add(&s, -0.001);
    stats_add(&s, 0.001);
    CHECK(near(s.min, -0.001) && near(s.mean, 0) && near(stats_deviation(&s), 0.001));
}

/* A sum of squares would have lost the digits that matter. */
static void large_with_small_differences(void) {
    struct stats s = {0};
    for (int i = 0; i < 1000; i++) stats_add(&s, 1e9 + (i % 2));
    CHECK(near(stats_deviation(&s), 0.5));
}

int main(void) {
    static const struct unit_test tests[] = {
        {"none and one have no deviation", few},
        {"the figures of a known series", known},
        {"small and negative values", small_and_negative},
        {"small differences of large values", large_with_small_differences},
    };
    return UNIT_RUN(tests);
}
