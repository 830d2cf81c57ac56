/* unit: the smallest test harness. A test program is a list of functions; each check that
 * fails prints where and what, each function is one test. Output is TAP, so that bats and people
 * can read it. */
#ifndef SOCKKIT_UNIT_H
#define SOCKKIT_UNIT_H

#include <stdio.h>
#include <string.h>

static int unit_failures;

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            printf("# %s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
            unit_failures++;                                                 \
        }                                                                    \
    } while (0)

#define CHECK_TEXT(got, expected)                                                                 \
    do {                                                                                          \
        const char *unit_got = (got), *unit_expected = (expected);                                \
        if (strcmp(unit_got, unit_expected) != 0) {                                               \
            printf("# %s:%d: got      \"%s\"\n# expected \"%s\"\n", __FILE__, __LINE__, unit_got, \
                   unit_expected);                                                                \
            unit_failures++;                                                                      \
        }                                                                                         \
    } while (0)

struct unit_test {
    const char *name; /* the behaviour it holds */
    void (*run)(void);
};

/* Runs them all; the value is main's. */
static inline int unit_run(const struct unit_test *tests, size_t count) {
    int failed = 0;
    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        unit_failures = 0;
        tests[i].run();
        failed += unit_failures != 0;
        printf("%sok %zu - %s\n", unit_failures ? "not " : "", i + 1, tests[i].name);
    }
    return failed != 0;
}

#define UNIT_RUN(tests) unit_run(tests, sizeof(tests) / sizeof((tests)[0]))

#endif
