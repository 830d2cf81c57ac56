#include "common/base/escape.h"

#include <stdlib.h>

#include "unit.h"

static void check(const char *text, const char *expected, size_t size) {
    char *out = NULL;
    size_t n = 0;
    CHECK(escape_decode(text, &out, &n) == NULL);
    CHECK(n == size && memcmp(out, expected, size + 1) == 0);
    free(out);
}

static void as_in_c(void) {
    check("", "", 0);
    check("plain", "plain", 5);
    check("a\\r\\n\\tb", "a\r\n\tb", 5);
    check("\\\\n", "\\n", 2);
    check("\\x41\\xfF\\x00z", "A\xff\0z", 4);
}

static void nul_and_digits(void) {
    check("\\012",
          "\0"
          "12",
          3);
    check("\\x414", "A4", 2);
    check("\\0\\0", "\0\0", 2);
}

static void anything_else(void) {
    static const char *const texts[] = {"\\",    "a\\",   "\\a", "\\x",  "\\x4",
                                        "\\xg0", "\\x4g", "\\1", "\\\"", "\\ "};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *out = NULL;
        size_t n = 7;
        CHECK(escape_decode(texts[i], &out, &n) != NULL);
        CHECK(out == NULL && n == 7);
    }
}

int main(void) {
    static const struct unit_test tests[] = {
        {"escapes are what they are in C", as_in_c},
        {"\\xNN has two digits, and a digit behind \\0 is text", nul_and_digits},
        {"anything else behind a backslash is wrong", anything_else},
    };
    return UNIT_RUN(tests);
}
