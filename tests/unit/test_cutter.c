#include "applets/udp/cutter.h"

#include "unit.h"

static void feed(struct cutter *c, const char *bytes, size_t n) {
    memcpy(cutter_reserve(c, n), bytes, n);
    cutter_grown(c, n);
}

/* The next piece is these bytes. */
static bool gives(struct cutter *c, const char *bytes, size_t n) {
    const char *at;
    size_t size;
    return cutter_next(c, &at, &size) && size == n && memcmp(at, bytes, n) == 0;
}

static bool gives_none(struct cutter *c) {
    const char *at;
    size_t size;
    return !cutter_next(c, &at, &size);
}

static void test_lines(void) {
    struct cutter c = {0};
    CHECK(gives_none(&c));
    feed(&c, "one\n\ntw", 7);
    CHECK(gives(&c, "one", 3));
    CHECK(gives(&c, "", 0));
    CHECK(gives_none(&c) && cutter_waiting(&c) == 2);
    feed(&c, "o\0\r\nlast", 8);
    CHECK(gives(&c, "two\0\r", 5));
    CHECK(gives_none(&c) && !cutter_over(&c));
    c.ended = true;
    CHECK(gives(&c, "last", 4));
    CHECK(gives_none(&c) && cutter_over(&c));
    cutter_free(&c);
}

static void test_room_is_used_again(void) {
    struct cutter c = {0};
    for (int i = 0; i < 1000; i++) {
        feed(&c, "a line\n", 7);
        CHECK(gives(&c, "a line", 6));
    }
    CHECK(c.room < 100);
    cutter_free(&c);
}

static void test_no_empty_line_behind_the_last(void) {
    struct cutter c = {.ended = true};
    feed(&c, "a\n", 2);
    CHECK(gives(&c, "a", 1));
    CHECK(gives_none(&c) && cutter_over(&c));
    cutter_free(&c);
}

static void test_blocks(void) {
    struct cutter c = {.block = 3};
    feed(&c, "a\nbcd", 5);
    CHECK(gives(&c, "a\nb", 3));
    CHECK(gives_none(&c));
    feed(&c, "e", 1);
    CHECK(gives(&c, "cde", 3));
    feed(&c, "f", 1);
    c.ended = true;
    CHECK(gives(&c, "f", 1));
    CHECK(gives_none(&c) && cutter_over(&c));
    cutter_free(&c);
}

static void test_words(void) {
    static const struct text words[] = {{"a", 1}, {"\0", 1}};
    struct cutter c = {.words = words, .count = 2};
    for (int i = 0; i < 2; i++) {
        CHECK(!cutter_over(&c));
        CHECK(gives(&c, "a", 1));
        CHECK(gives(&c, "\0", 1));
        CHECK(gives_none(&c) && cutter_over(&c));
        cutter_again(&c);
    }
}

static void test_again(void) {
    struct cutter c = {.keep = true};
    feed(&c, "a\nb", 3);
    CHECK(gives(&c, "a", 1));
    feed(&c, "c\n", 2); /* what was given out stays */
    c.ended = true;
    CHECK(gives(&c, "bc", 2));
    cutter_again(&c);
    CHECK(gives(&c, "a", 1));
    CHECK(gives(&c, "bc", 2));
    CHECK(gives_none(&c));
    cutter_free(&c);
}

static void test_much(void) {
    struct cutter c = {0};
    char line[16];
    int wrong = 0, next = 0;
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(line, sizeof line, "%d\n", i);
        feed(&c, line, (size_t)n - 1);
        if (next == i) wrong += !gives_none(&c); /* nothing else waits */
        feed(&c, "\n", 1);
        if (i % 7) continue;
        for (; next <= i; next++) {
            n = snprintf(line, sizeof line, "%d", next);
            wrong += !gives(&c, line, (size_t)n);
        }
    }
    CHECK(wrong == 0);
    cutter_free(&c);
}

static const struct unit_test tests[] = {
    {"lines come without their newline, in whatever pieces they came", test_lines},
    {"what has been given out makes room for what comes", test_room_is_used_again},
    {"a newline at the end begins no further line", test_no_empty_line_behind_the_last},
    {"blocks are of one size, but for the last", test_blocks},
    {"words are given out as they are, and again", test_words},
    {"what is kept comes again", test_again},
    {"much goes through, in order", test_much},
};

int main(void) { return UNIT_RUN(tests); }
