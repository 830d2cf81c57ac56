#include "common/tty/editor.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "unit.h"

/* What is typed, in reads of so many bytes: the lines, each behind a '|', '$' for the end, '!' for
 * a cleared screen, and behind a space what is being typed, with '_' where the cursor stands. */
static const char *typed_in(const char *keys, size_t n, size_t step) {
    static char seen[2048];
    struct editor e = {.text = NULL};
    size_t used = 0;
    for (size_t done = 0; done < n; done += step) {
        size_t left = n - done < step ? n - done : step;
        char *copy = mem_resize(NULL, left, 1); /* a read past its end is found */
        memcpy(copy, keys + done, left);
        const char *s = copy;
        enum editor_event event;
        while ((event = editor_feed(&e, &s, &left)) != EDITOR_NONE) {
            if (event == EDITOR_LINE) {
                used += (size_t)snprintf(seen + used, sizeof seen - used, "|%.*s", (int)e.size,
                                         e.size ? e.text : "");
                editor_next(&e);
            } else {
                used += (size_t)snprintf(seen + used, sizeof seen - used, "%s",
                                         event == EDITOR_END ? "$" : "!");
            }
        }
        CHECK(left == 0);
        free(copy);
    }
    snprintf(seen + used, sizeof seen - used, " %.*s_%.*s", (int)e.cursor, e.size ? e.text : "",
             (int)(e.size - e.cursor), e.size ? e.text + e.cursor : "");
    editor_free(&e);
    return seen;
}

static void check_keys(const char *keys, size_t n, const char *expected) {
    CHECK_TEXT(typed_in(keys, n, n), expected);
    CHECK_TEXT(typed_in(keys, n, 1), expected);
    CHECK_TEXT(typed_in(keys, n, 3), expected);
}

#define KEYS(keys, expected) check_keys(keys, sizeof(keys) - 1, expected)

static void text_is_typed(void) {
    KEYS("abc", " abc_");
    KEYS("one\rtwo\nthree", "|one|two three_");
    KEYS("\r\r", "|| _");
    KEYS("a\tb", " a\tb_");
    KEYS("h\xc3\xa9llo \xe6\xbc\xa2\xf0\x9f\x98\x80",
         " h\xc3\xa9llo \xe6\xbc\xa2\xf0\x9f\x98\x80_");
}

static void many_lines_at_once_are_all_there(void) {
    KEYS("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "|1|2|3|4|5|6|7|8|9 _");
}

static void the_cursor_moves(void) {
    KEYS("abc\x02\x02X", " aX_bc");
    KEYS("abc\x01X\x05Y", " XabcY_");
    KEYS("abc\x01\x06X", " aX_bc");
    KEYS("abc\033[D\033[DX\033[CY", " aXbY_c");
    KEYS("abc\033ODX", " abX_c");
    KEYS("abc\x01\x02X", " X_abc");
    KEYS("abc\x06X", " abcX_");
}

static void home_and_end_in_every_encoding(void) {
    KEYS("abc\033[HX\033[FY", " XabcY_");
    KEYS("abc\033OHX\033OFY", " XabcY_");
    KEYS("abc\033[1~X\033[4~Y", " XabcY_");
    KEYS("abc\033[7~X\033[8~Y", " XabcY_");
    KEYS("abc\033[1;5HX\033[1;2FY", " XabcY_");
}

static void words_are_stepped_over(void) {
    KEYS("one two\033bX", " one X_two");
    KEYS("one two\x01\033fX", " oneX_ two");
    KEYS("one two\033[1;5DX", " one X_two");
    KEYS("one two\x01\033[1;3CX", " oneX_ two");
}

static void text_is_deleted(void) {
    KEYS("abc\x7f\bX", " aX_");
    KEYS("abc\x02\033[3~X", " abX_");
    KEYS("abc\x01\x04X", " X_bc");
    KEYS("\x7f\033[3~a", " a_");
    KEYS("one two \x17X", " one X_");
    KEYS("one two\x02\x02\x15X", " X_wo");
    KEYS("one two\x02\x02\x0bX", " one tX_");
    KEYS("one two\x01\033dX", " X_ two");
    KEYS("one two\033\x7fX", " one X_");
}

static void what_was_cut_comes_back(void) {
    KEYS("one two\x17three \x19", " one three two_");
    KEYS("\x19", " _");
    KEYS("abc\x15\x19\x19", " abcabc_");
}

static void characters_are_whole(void) {
    KEYS("\xc3\xa9\x7f", " _");
    KEYS("a\xe6\xbc\xa2\x02X", " aX_\xe6\xbc\xa2");
    KEYS("xe\xcc\x81\x02Y", " xY_e\xcc\x81"); /* a letter and its accent are one */
    KEYS("xe\xcc\x81\x7f", " x_");
    KEYS("xe\xcc\x81y\x01\x06\x04", " x_y");
    KEYS("\xff\xfe\x02\x7f", " _\xfe"); /* what is no UTF-8 is a byte */
    KEYS("\xe2\x82z\x7f\x7f", " \xe2_");
    KEYS("\x80\x01\xcbz\x7f.", " \xcb\x80._"); /* bytes that become a character */
}

static void long_combinations_are_whole(void) {
    char keys[256] = "ab", expected[16] = " a_";
    for (size_t i = 0; i < 40; i++) memcpy(keys + 2 + 2 * i, "\xcc\x81", 2);
    keys[82] = 0x7f;
    check_keys(keys, 83, expected);
}

static void older_lines_come_back(void) {
    KEYS("one\rtwo\r\033[A", "|one|two two_");
    KEYS("one\rtwo\r\033[A\033OA\x10", "|one|two one_");
    KEYS("one\rtwo\rnew\x10\x10\x0e\x0e", "|one|two new_");
    KEYS("one\r\x10!\r\x10", "|one|one! one!_");
    KEYS("one\rone\r\r\x10\x10", "|one|one| one_"); /* neither twice nor empty */
    KEYS("\x10\x0ex", " x_");
}

static void the_end_is_an_empty_line_only(void) {
    KEYS("\x04", "$ _");
    KEYS("a\x04", " a_");
    KEYS("a\x7f\x04", "$ _");
    KEYS("a\r\x04", "|a$ _");
}

static void other_keys_do_nothing(void) {
    KEYS("a\033[5~\033[15~\033[[A\033OP\033[200~b\033[201~\033[Z\033[1;5Ac", " abc_");
    KEYS("a\033[<0;12;12Mb", " ab_");
    KEYS("a\x07\x1c\x1e\x1f\0b", " ab_");
    KEYS("a\033xb", " axb_");
    KEYS("a\033[1\rb", "|a b_");
    KEYS("a\033[111111111111111111b", " a1111b_");
    KEYS("a\x0c", "! a_");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"text is typed", text_is_typed},
        {"many lines at once are all there", many_lines_at_once_are_all_there},
        {"the cursor moves", the_cursor_moves},
        {"Home and End in every encoding", home_and_end_in_every_encoding},
        {"words are stepped over", words_are_stepped_over},
        {"text is deleted", text_is_deleted},
        {"what was cut comes back", what_was_cut_comes_back},
        {"characters are whole", characters_are_whole},
        {"long combinations are whole", long_combinations_are_whole},
        {"older lines come back", older_lines_come_back},
        {"the end is an empty line only", the_end_is_an_empty_line_only},
        {"other keys do nothing", other_keys_do_nothing},
    };
    return UNIT_RUN(tests);
}
