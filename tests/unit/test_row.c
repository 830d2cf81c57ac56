#include "common/tty/row.h"

#include "unit.h"

/* What is seen of the line, and "@COLUMN" of the cursor. */
static const char *window(const char *line, size_t cursor, size_t columns) {
    static char text[512];
    struct buf out = {.size = 0};
    struct row_cursor at = row_window(line, strlen(line), cursor, columns, &out);
    snprintf(text, sizeof text, "%.*s@%zu", (int)out.size, buf_at(&out), at.column);
    CHECK(row_columns(buf_at(&out), at.bytes) == at.column);
    buf_free(&out);
    return text;
}

static size_t columns_of(const char *s) { return row_columns(s, strlen(s)); }

static size_t fit(const char *s, size_t columns) { return row_fit(s, strlen(s), columns); }

static void columns_are_those_of_a_terminal(void) {
    CHECK(columns_of("") == 0);
    CHECK(columns_of("abc") == 3);
    CHECK(columns_of("h\xc3\xa9") == 2);
    CHECK(columns_of("he\xcc\x81") == 2); /* e, combining acute */
    CHECK(columns_of("\xe6\xbc\xa2\xe5\xad\x97") == 4);
    CHECK(columns_of("ab\tc") == 9);
    CHECK(columns_of("\x1b[") == 3);    /* ^[[ */
    CHECK(columns_of("\xff") == 4);     /* \xff */
    CHECK(columns_of("\xc2\x9b") == 6); /* \u{9B} */
    CHECK(columns_of("\r") == 2);
    CHECK(columns_of("a\u00adb") == 3); /* the soft hyphen is seen */
    CHECK(columns_of("\U0001f468\u200d\U0001f469\u200d\U0001f467!") == 3); /* a family is one */
    CHECK(columns_of("\u202e") == 8);                                      /* \u{202E} */
}

static void a_row_takes_whole_characters(void) {
    CHECK(fit("abcdef", 4) == 4);
    CHECK(fit("abc", 4) == 3);
    CHECK(fit("\xe6\xbc\xa2\xe5\xad\x97", 3) == 3);
    CHECK(fit("\xe6\xbc\xa2", 1) == 3); /* one at least */
    CHECK(fit("abe\xcc\x81z", 3) == 5); /* what combines stays with its letter */
}

static void a_short_line_is_seen_whole(void) {
    CHECK_TEXT(window("", 0, 20), "@0");
    CHECK_TEXT(window("hello", 5, 20), "hello@5");
    CHECK_TEXT(window("hello", 0, 20), "hello@0");
    CHECK_TEXT(window("a\tb", 2, 20), "a       b@8");
    CHECK_TEXT(window("a\x1b"
                      "b",
                      3, 20),
               "a^[b@4");
}

static void the_cursor_is_always_seen(void) {
    CHECK_TEXT(window("0123456789abcdef", 9, 10), "012345678@9");
    CHECK_TEXT(window("0123456789abcdef", 10, 10), "56789abcd@5");
    CHECK_TEXT(window("0123456789abcdef", 16, 10), "abcdef@6");
    CHECK_TEXT(window("0123456789abcdef", 0, 10), "012345678@0");
    for (size_t columns = 0; columns < 12; columns++)
        for (size_t cursor = 0; cursor <= 16; cursor++) {
            struct buf out = {.size = 0};
            size_t most = columns > 2 ? columns : 2;
            CHECK(row_window("0123456789abcdef", 16, cursor, columns, &out).column < most);
            CHECK(out.size < most);
            buf_free(&out);
        }
}

static void wide_characters_are_not_cut(void) {
    static const char line[] =
        "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2";
    CHECK_TEXT(window(line, 0, 6), "\xe6\xbc\xa2\xe6\xbc\xa2@0");
    CHECK_TEXT(window(line, 18, 6), "\xe6\xbc\xa2@2");
    for (size_t columns = 2; columns < 14; columns++)
        for (size_t i = 0; i <= sizeof line - 1; i += 3) {
            struct buf out = {.size = 0};
            CHECK(row_window(line, sizeof line - 1, i, columns, &out).column < columns);
            CHECK(row_columns(buf_at(&out), out.size) < columns);
            buf_free(&out);
        }
}

static void a_row_does_not_begin_with_half_a_character(void) {
    CHECK_TEXT(window("abcde\xcc\x81"
                      "fghijkl",
                      14, 10),
               "fghijkl@7");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"columns are those of a terminal", columns_are_those_of_a_terminal},
        {"a row takes whole characters", a_row_takes_whole_characters},
        {"a short line is seen whole", a_short_line_is_seen_whole},
        {"the cursor is always seen", the_cursor_is_always_seen},
        {"wide characters are not cut", wide_characters_are_not_cut},
        {"a row does not begin with half a character", a_row_does_not_begin_with_half_a_character},
    };
    return UNIT_RUN(tests);
}
