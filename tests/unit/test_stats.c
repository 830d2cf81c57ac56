#include "applets/probe/stats.h"

#include <stdbool.h>

#include "unit.h"

static bool near(double a, double b) { return a - b < 1e-6 && b - a < 1e-6; }

static void few(void) {
    struct stats s = {0};
    CHECK(s.count == 0 && near(stats_deviation(&s), 0));
    stats_add(&s, 5);
    CHECK(near(s.min, 5) && near(s.mean, 5) && near(s.max, 5) && near(stats_deviation(&s), 0));
    stats_free(&s);
}

static void known(void) {
    static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct stats s = {0};
    for (size_t i = 0; i < 8; i++) stats_add(&s, values[i]);
    CHECK(s.count == 8);
    CHECK(near(s.min, 2) && near(s.max, 9) && near(s.mean, 5) && near(stats_deviation(&s), 2));
    stats_free(&s);
}

static void small_and_negative(void) {
    struct stats s = {0};
    stats_add(&s, -0.001);
    stats_add(&s, 0.001);
    CHECK(near(s.min, -0.001) && near(s.mean, 0) && near(stats_deviation(&s), 0.001));
    stats_free(&s);
}

/* A sum of squares would have lost the digits that matter. */
static void large_with_small_differences(void) {
    struct stats s = {0};
    for (int i = 0; i < 1000; i++) stats_add(&s, 1e9 + (i % 2));
    CHECK(near(stats_deviation(&s), 0.5));
    stats_free(&s);
}

static void percentiles(void) {
    struct stats s = {0};
    for (int i = 100; i >= 1; i--) stats_add(&s, i);
    CHECK(near(stats_percentile(&s, 50), 50) && near(stats_percentile(&s, 95), 95));
    CHECK(near(stats_percentile(&s, 99), 99) && near(stats_percentile(&s, 100), 100));
    stats_free(&s);
    stats_add(&s, 7);
    CHECK(near(stats_percentile(&s, 1), 7) && near(stats_percentile(&s, 99), 7));
    stats_add(&s, 3);
    CHECK(near(stats_percentile(&s, 50), 3) && near(stats_percentile(&s, 51), 7));
    stats_free(&s);
}

/* The numbers come in order: what is kept must not be the first or the last of them. */
static void percentiles_of_many(void) {
    struct stats s = {0};
    for (int i = 0; i < 1000000; i++) stats_add(&s, i);
    CHECK(stats_percentile(&s, 50) > 450000 && stats_percentile(&s, 50) < 550000);
    CHECK(stats_percentile(&s, 99) > 970000 && stats_percentile(&s, 1) < 30000);
    stats_free(&s);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"none and one have no deviation", few},
        {"the figures of a known series", known},
        {"small and negative values", small_and_negative},
        {"small differences of large values", large_with_small_differences},
        {"percentiles are numbers that were there", percentiles},
        {"percentiles of very many are near", percentiles_of_many},
    };
    return UNIT_RUN(tests);
}
