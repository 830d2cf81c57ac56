#include "common/tty/editor.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/grapheme.h"
#include "common/base/mem.h"
#include "unit.h"

/* What is typed, in reads of so many bytes: the lines, each behind a '|', '$' for the end, '!' for
 * a cleared screen, and behind a space what is being typed, with '_' where the cursor stands. */
static const char *typed_in(const char *keys, size_t n, size_t step) {
    static char seen[2048];
    struct editor e = {.killed = NULL};
    size_t used = 0;
    for (size_t done = 0; done < n; done += step) {
        size_t left = n - done < step ? n - done : step;
        char *copy = mem_resize(NULL, left, 1); /* a read past its end is found */
        memcpy(copy, keys + done, left);
        const char *s = copy;
        enum editor_event event;
        while ((event = editor_feed(&e, &s, &left)) != EDITOR_NONE) {
            if (event == EDITOR_LINE) {
                used += (size_t)snprintf(seen + used, sizeof seen - used, "|%.*s",
                                         (int)gap_size(&e.line), editor_text(&e));
                editor_next(&e);
            } else {
                used += (size_t)snprintf(seen + used, sizeof seen - used, "%s",
                                         event == EDITOR_END ? "$" : "!");
            }
        }
        CHECK(left == 0);
        free(copy);
    }
    snprintf(seen + used, sizeof seen - used, " %.*s_%.*s", (int)e.line.before, gap_before(&e.line),
             (int)e.line.after, gap_after(&e.line));
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
    for (size_t i = 1; i < GRAPHEME_POINTS; i++) memcpy(keys + 2 * i, "\xcc\x81", 2);
    keys[2 * GRAPHEME_POINTS] = 0x7f;
    check_keys(keys, 2 * GRAPHEME_POINTS + 1, expected);
}

#define FAMILY "\U0001f468\u200d\U0001f469\u200d\U0001f467"

static void joined_emoji_are_one_character(void) {
    KEYS("a" FAMILY "\x02X", " aX_" FAMILY);
    KEYS("a" FAMILY FAMILY "\x7f", " a" FAMILY "_");
    KEYS("a" FAMILY "b\x01\x06\x04", " a_b");
    KEYS("\U0001f1eb\U0001f1f7\U0001f1eb\U0001f1f7\x7f", " \U0001f1eb\U0001f1f7_");
    KEYS("\U0001f44d\U0001f3fd\x7f", " _");
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
    KEYS("a\033[111111111111111111~b", " ab_");
    KEYS("a\x0c", "! a_");
}

static void what_a_terminal_says_is_no_typing(void) {
    KEYS("a\033[24;80Rb", " ab_");                                 /* cursor position */
    KEYS("a\033[?64;1;2;6;9;15;16;17;18;21;22;28cb", " ab_");      /* device attributes */
    KEYS("a\033[?2004;1$y\033[I\033[O\033[8;24;80tb", " ab_");     /* modes, focus, size */
    KEYS("a\033]11;rgb:0000/0000/0000\033\\b", " ab_");            /* OSC: a colour */
    KEYS("a\033]11;rgb:0000/0000/0000\ab", " ab_");                /* ended as xterm does */
    KEYS("a\033P>|a terminal (42)\033\\b", " ab_");                /* DCS: XTVERSION */
    KEYS("a\033_Gi=31;OK\033\\\033^x\033\\\033Xx\033\\b", " ab_"); /* APC, PM, SOS */
    KEYS("a\033[M !!\033[M#\xff\0b", " ab_");                      /* X10 mouse */
    KEYS("a\033[<0;12;12M\033[<0;12;12m\033[32;12;12Mb", " ab_");  /* SGR and urxvt mouse */
}

static void enter_ends_what_a_terminal_says(void) {
    KEYS("a\033]11;\rb", "|a b_");
    KEYS("a\033P\nb", "|a b_");
    KEYS("a\033[M \rb", "|a b_");
    KEYS("a\033]11;x\033[Db", " b_a");
}

static const char *typed_after_silence(const char *keys, const char *more) {
    static char seen[64];
    struct editor e = {.killed = NULL};
    size_t n = strlen(keys);
    editor_feed(&e, &keys, &n);
    CHECK(editor_waiting(&e));
    editor_quiet(&e);
    CHECK(!editor_waiting(&e));
    n = strlen(more);
    editor_feed(&e, &more, &n);
    snprintf(seen, sizeof seen, "%.*s", (int)gap_size(&e.line), editor_text(&e));
    editor_free(&e);
    return seen;
}

static void what_comes_after_a_silence_is_typed(void) {
    CHECK_TEXT(typed_after_silence("a\033]", "bc"), "abc");
    CHECK_TEXT(typed_after_silence("a\033P1", "bc"), "abc");
    CHECK_TEXT(typed_after_silence("a\033[", "Ac"), "aAc");
    CHECK_TEXT(typed_after_silence("a\033[M ", "bc"), "abc");
}

/* Feeds the same bytes so many times; returns how many keys did nothing. */
static size_t feed_often(struct editor *e, const char *keys, size_t times) {
    size_t refused = 0;
    for (size_t i = 0; i < times; i++) {
        const char *s = keys;
        size_t n = strlen(keys);
        enum editor_event event;
        while ((event = editor_feed(e, &s, &n)) != EDITOR_NONE) {
            refused += event == EDITOR_FULL;
            if (event == EDITOR_LINE) editor_next(e);
        }
    }
    return refused;
}

static void a_line_has_a_bound(void) {
    struct editor e = {.killed = NULL};
    CHECK(feed_often(&e, "x", EDITOR_MOST) == 0);
    CHECK(gap_size(&e.line) == EDITOR_MOST);
    CHECK(feed_often(&e, "y", 3) == 3);
    CHECK(feed_often(&e, "\x7f\xc3\xa9", 1) == 1); /* no half of a character */
    CHECK(gap_size(&e.line) == EDITOR_MOST - 1);
    CHECK(feed_often(&e, "\x15\x19\x19\x19", 7) == 14); /* Ctrl-Y as a whole or not at all */
    CHECK(gap_size(&e.line) == EDITOR_MOST - 1);
    CHECK(memchr(editor_text(&e), 'y', EDITOR_MOST - 1) == NULL);
    editor_free(&e);
}

static void the_history_has_a_bound(void) {
    struct editor e = {.killed = NULL};
    feed_often(&e, "x", EDITOR_MOST);
    feed_often(&e, "\x15\x19\r\x19\x7fz\r", 3); /* lines of the most there can be */
    CHECK(e.past_count == 1 && e.past_bytes == EDITOR_MOST);
    feed_often(&e, "a\rb\r", 2 * EDITOR_PAST);
    CHECK(e.past_count == EDITOR_PAST && e.past_bytes == EDITOR_PAST);
    feed_often(&e, "\x10", 2 * EDITOR_PAST);
    CHECK(gap_size(&e.line) == 1 && *editor_text(&e) == 'a');
    editor_free(&e);
}

/* The inner pages of what is far from the cursor, which must not be touched: nothing a key does
 * there depends on how long the line is. */
static void far_pages(const struct gap *g, int protection) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), reach = 64 * 1024;
    uintptr_t begin = ((uintptr_t)gap_before(g) + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)gap_before(g) + g->before - reach) / page * page;
    CHECK(mprotect((void *)begin, end - begin, protection) == 0);
    begin = ((uintptr_t)gap_after(g) + reach) / page * page;
    end = ((uintptr_t)gap_after(g) + g->after) / page * page;
    CHECK(mprotect((void *)begin, end - begin, protection) == 0);
}

static void a_key_costs_the_same_in_a_long_line(void) {
    static const char keys[] = "a\033[D\033[C\x7f\xc3\xa9\x02\x04 word\033b\033f\x17\x19";
    struct editor e = {.killed = NULL};
    feed_often(&e, "word ", EDITOR_MOST / 8);
    gap_move(&e.line, gap_size(&e.line) / 2);
    far_pages(&e.line, PROT_NONE);
    feed_often(&e, keys, 100);
    far_pages(&e.line, PROT_READ | PROT_WRITE);
    editor_free(&e);
}

static void tab_asks_to_complete(void) {
    struct editor e = {.completing = true};
    const char *keys = "/msg a\tx\n";
    size_t n = strlen(keys);
    CHECK(editor_feed(&e, &keys, &n) == EDITOR_COMPLETE && e.line.before == 6);
    CHECK(editor_insert(&e, "da ", 3) == EDITOR_NONE);
    CHECK(editor_feed(&e, &keys, &n) == EDITOR_LINE);
    CHECK(gap_size(&e.line) == 10 && !memcmp(editor_text(&e), "/msg ada x", 10));
    editor_free(&e);
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
        {"joined emoji are one character", joined_emoji_are_one_character},
        {"older lines come back", older_lines_come_back},
        {"the end is an empty line only", the_end_is_an_empty_line_only},
        {"other keys do nothing", other_keys_do_nothing},
        {"what a terminal says is no typing", what_a_terminal_says_is_no_typing},
        {"Enter ends what a terminal says", enter_ends_what_a_terminal_says},
        {"what comes after a silence is typed", what_comes_after_a_silence_is_typed},
        {"Tab asks to complete what stands before the cursor", tab_asks_to_complete},
        {"a line has a bound", a_line_has_a_bound},
        {"the history has a bound", the_history_has_a_bound},
        {"a key costs the same in a long line", a_key_costs_the_same_in_a_long_line},
    };
    return UNIT_RUN(tests);
}
