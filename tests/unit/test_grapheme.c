#include "common/base/grapheme.h"

#include "unit.h"

#define MAN "\U0001f468"
#define WOMAN "\U0001f469"
#define FLAG_F "\U0001f1eb"
#define FLAG_R "\U0001f1f7"
#define TONE "\U0001f3fd"
#define JOINER "\u200d"

/* The characters of a text, each with its columns: "e\u0301x" is "2:1 1:1". */
static const char *characters(const char *s) {
    static char text[256];
    size_t used = 0, n = strlen(s), size;
    int columns;
    text[0] = '\0';
    for (; n > 0; s += size, n -= size) {
        size = grapheme_next(s, n, &columns);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu:%d", used ? " " : "", size,
                                 columns);
    }
    return text;
}

static void marks_belong_to_their_letter(void) {
    CHECK_TEXT(characters("ab"), "1:1 1:1");
    CHECK_TEXT(characters("e\u0301x"), "3:1 1:1");
    CHECK_TEXT(characters("\u6f22\u0301"), "5:2");
    CHECK_TEXT(characters("\u0301\u0301x"), "4:0 1:1");
    CHECK_TEXT(characters("a\u00adb"), "1:1 2:1 1:1"); /* the soft hyphen is one of its own */
}

static void joined_emoji_take_two_columns(void) {
    CHECK_TEXT(characters(MAN JOINER WOMAN JOINER WOMAN), "18:2");
    CHECK_TEXT(characters("\u2764\ufe0f" JOINER "\U0001f525"), "13:2");
    CHECK_TEXT(characters(MAN TONE JOINER "\U0001f680"), "15:2");
    CHECK_TEXT(characters("\U0001f44d" TONE), "8:2");
    CHECK_TEXT(characters(FLAG_F FLAG_R), "8:2");
    CHECK_TEXT(characters(FLAG_F FLAG_F FLAG_F), "8:2 4:1");
    CHECK_TEXT(characters(FLAG_F FLAG_R FLAG_R FLAG_F), "8:2 8:2");
}

static void what_is_not_joined_stays_apart(void) {
    CHECK_TEXT(characters(MAN WOMAN), "4:2 4:2");
    CHECK_TEXT(characters("a" JOINER "b"), "4:1 1:1");
    CHECK_TEXT(characters("a" JOINER MAN), "4:1 4:2");
    CHECK_TEXT(characters("a" TONE), "1:1 4:2");
}

static void what_cannot_be_shown_stands_alone(void) {
    CHECK_TEXT(characters("\x1b\u0301"), "1:-1 2:0");
    CHECK_TEXT(characters("\t\xff\xc2\x85"), "1:-1 1:-1 2:-1");
    CHECK_TEXT(characters("a\u202e"), "1:1 3:-1");
    CHECK_TEXT(characters("a\xcc"), "1:1 1:-1");
}

static void a_character_has_a_bound(void) {
    char s[1 + 4 * GRAPHEME_POINTS];
    int columns;
    s[0] = 'a';
    for (size_t i = 1; i < sizeof s; i += 2) memcpy(s + i, "\u0301", 2);
    CHECK(grapheme_next(s, sizeof s, &columns) == 2 * GRAPHEME_POINTS - 1 && columns == 1);
}

/* Going back meets the same places as going on. */
static void check_back(const char *s, size_t n) {
    size_t places[512], count = 0;
    int columns;
    for (size_t i = 0; i < n; i += grapheme_next(s + i, n - i, &columns)) places[count++] = i;
    for (size_t end = n; count > 0; end = places[count])
        CHECK(grapheme_last(s, end) == places[--count]);
}

static void the_last_one_is_found_however_long_the_text(void) {
    static const char *const pieces[] = {
        "a",           "e\u0301", "\u6f22",   MAN JOINER WOMAN JOINER MAN,
        FLAG_F FLAG_R, "\x80",    "\xf0\x9f", "\t"};
    char s[4096];
    size_t n = 0, count = sizeof pieces / sizeof *pieces;
    CHECK(grapheme_last("", 0) == 0);
    for (size_t i = 0, k = 0; i < 300; i++, k = (k * 5 + i + 3) % count) {
        memcpy(s + n, pieces[k], strlen(pieces[k]));
        n += strlen(pieces[k]);
    }
    check_back(s, n);
    for (n = 0; n < 1200; n += 4)
        memcpy(s + n, FLAG_F, 4); /* flags alone: which letter is first? */
    check_back(s, n);
    memset(s, 0x80, n);
    CHECK(grapheme_last(s, n) == n - 1);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"marks belong to their letter", marks_belong_to_their_letter},
        {"joined emoji take two columns", joined_emoji_take_two_columns},
        {"what is not joined stays apart", what_is_not_joined_stays_apart},
        {"what cannot be shown stands alone", what_cannot_be_shown_stands_alone},
        {"a character has a bound", a_character_has_a_bound},
        {"the last one is found however long the text",
         the_last_one_is_found_however_long_the_text},
    };
    return UNIT_RUN(tests);
}
