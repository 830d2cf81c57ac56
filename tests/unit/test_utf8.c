#include <stdlib.h>

#include "common/base/utf8.h"
#include "common/base/vis.h"
#include "common/base/width.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What decodes to the point has its own length, and each beginning of it asks for more. */
static void decodes_to(const char *s, uint32_t expected) {
    size_t length = strlen(s);
    uint32_t point = 0;
    CHECK(utf8_decode(s, length, &point) == (int)length && point == expected);
    for (size_t n = 1; n < length; n++) CHECK(utf8_decode(s, n, &point) == 0);
    char again[4];
    CHECK(utf8_encode(expected, again) == length && memcmp(again, s, length) == 0);
}

static void utf8(void) {
    decodes_to("A", 'A');
    decodes_to("\x7f", 0x7f);
    decodes_to("\u00e9", 0xe9);
    decodes_to("\xc2\x80", 0x80);
    decodes_to("\xdf\xbf", 0x7ff);
    decodes_to("\xe0\xa0\x80", 0x800);
    decodes_to("\u20ac", 0x20ac);
    decodes_to("\xed\x9f\xbf", 0xd7ff);
    decodes_to("\xee\x80\x80", 0xe000);
    decodes_to("\xef\xbf\xbf", 0xffff);
    decodes_to("\xf0\x90\x80\x80", 0x10000);
    decodes_to("\xf4\x8f\xbf\xbf", 0x10ffff);
    uint32_t point = 7;
    CHECK(utf8_decode("", 1, &point) == 1 && point == 0);
}

static void utf8_malformed(void) {
    static const char *const malformed[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3(",
        "\xe0\x80",
        "\xe0\x9f\xbf",
        "\xed\xa0",
        "\xed\xbf\xbf",
        "\xe2(",
        "\xe2\x82(",
        "\xf0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90",
        "\xf0\x9f(",
        "\xf0\x9f\x98(",
        "\xf5",
        "\xff",
        "\xc3\xc3\xa9",
    };
    for (size_t i = 0; i < COUNT(malformed); i++) {
        uint32_t point = 7;
        CHECK(utf8_decode(malformed[i], strlen(malformed[i]), &point) == -1 && point == 7);
    }
}

static void every_point_comes_back(void) {
    size_t wrong = 0;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        if (point >= 0xd800 && point <= 0xdfff) continue;
        char bytes[4];
        uint32_t again = 0;
        size_t length = utf8_encode(point, bytes);
        wrong += utf8_decode(bytes, length, &again) != (int)length || again != point;
    }
    CHECK(wrong == 0);
}

static void widths(void) {
    static const struct {
        int width;
        uint32_t points[24];
    } rows[] = {
        {-1, {0x01, 0x09, 0x0a, 0x1b, 0x1f, 0x7f, 0x80, 0x9b, 0x9f}},
        {0, {0x300,  0x36f,  0x483,  0x200b, 0x200d, 0x200e, 0x202e, 0x20dd, 0x2066,  0xfe0f,
             0xfeff, 0x1160, 0x11ff, 0xd7b0, 0x302a, 0x3099, 0xad,   0x2028, 0xe0001, 0xe01ef}},
        {1,
         {' ', 'A', '~', 0xa0, 0xe9, 0x2ff, 0x370, 0x5d0, 0x20ac, 0x2603, 0xff61, 0x1f1e6, 0xfffd,
          0xe000, 0x10ffff}},
        {2,
         {0x1100, 0x231a, 0x3000, 0x3042, 0x4e2d, 0xac00, 0xd7a3, 0xff01, 0xff21, 0xffe0, 0x1f44d,
          0x1f3fb, 0x1f600, 0x1f680, 0x1f9ff, 0x1faff, 0x20000, 0x3fffd}},
    };

    CHECK(width_of(0) == -1);
    for (size_t i = 0; i < COUNT(rows); i++)
        for (const uint32_t *point = rows[i].points; *point != 0; point++)
            if (width_of(*point) != rows[i].width) {
                printf("# U+%04X has width %d\n", (unsigned)*point, width_of(*point));
                CHECK(width_of(*point) == rows[i].width);
            }
}

static void bidi(void) {
    static const uint32_t others[] = {0x2029, 0x202f, 0x2065, 0x206a, 0x200e, 'A'};
    for (uint32_t point = 0x202a; point <= 0x202e; point++) CHECK(utf8_is_bidi(point));
    for (uint32_t point = 0x2066; point <= 0x2069; point++) CHECK(utf8_is_bidi(point));
    for (size_t i = 0; i < COUNT(others); i++) CHECK(!utf8_is_bidi(others[i]));
}

/* Filters s, given in pieces of `step` bytes, and gives out what waits. Owned by the caller.
 * Each piece's output has room of exactly the promised size, for the sanitizer to watch. */
static char *filtered(const char *s, size_t n, size_t step) {
    struct vis state = {0};
    char *all = calloc(1, vis_bound(n) + vis_bound(0));
    size_t put = 0;
    for (size_t i = 0; i < n; i += step) {
        size_t piece = n - i < step ? n - i : step;
        char *room = malloc(vis_bound(piece));
        size_t size = vis_put(&state, s + i, piece, room);
        memcpy(all + put, room, size);
        put += size;
        free(room);
    }
    char *room = malloc(vis_bound(0));
    size_t size = vis_put(&state, "", 0, room);
    memcpy(all + put, room, size);
    free(room);
    return all;
}

static void safe_is(const char *s, size_t n, const char *expected) {
    for (size_t step = 1; step <= n; step++) {
        char *got = filtered(s, n, step);
        CHECK_TEXT(got, expected);
        free(got);
    }
}

#define SAFE(s, expected) safe_is(s, sizeof(s) - 1, expected)

static void safe_lets_text_pass(void) {
    SAFE("Bonjour\tle monde\n", "Bonjour\tle monde\n");
    SAFE("\u00e9\u20ac\U0001f600", "\u00e9\u20ac\U0001f600");
    SAFE("e\u0301", "e\u0301");
}

static void safe_shows_controls(void) {
    SAFE("\x1b[31m", "^[[31m");
    SAFE("a\0b", "a^@b");
    SAFE("\x7f\a\b", "^?^G^H");
    SAFE("\xc2\x9b", "\\u{9B}");
    SAFE("\xc2\x80\xc2\x9f", "\\u{80}\\u{9F}");
    SAFE("\u202ax\u2069", "\\u{202A}x\\u{2069}");
}

static void safe_shows_invalid_bytes(void) {
    SAFE("\xff", "\\xff");
    SAFE("\xc3(", "\\xc3(");
    SAFE("\xe2\x82(", "\\xe2\\x82(");
    SAFE("\xf0\x9f\x98", "\\xf0\\x9f\\x98");
    SAFE("\xed\xa0\x80", "\\xed\\xa0\\x80");
    SAFE("\xc0\x9b", "\\xc0\\x9b");
    SAFE("\xe2\xc3\xa9", "\\xe2\u00e9");
    SAFE("\x9b", "\\x9b");
}

static void safe_drops_cr_before_newline(void) {
    SAFE("a\r\nb", "a\nb");
    SAFE("a\rb", "a^Mb");
    SAFE("a\r", "a^M");
    SAFE("\r\r\n", "^M\n");
    SAFE("\r\xc3", "^M\\xc3");
    SAFE("\r\xff\n", "^M\\xff\n");
    SAFE("\r\u00e9\r\n", "^M\u00e9\n");
}

static void safe_holds_back_only_what_may_go_on(void) {
    struct vis state = {0};
    char out[64];
    CHECK(vis_put(&state, "login: \xe2\x82", 9, out) == 7 && memcmp(out, "login: ", 7) == 0);
    CHECK(vis_put(&state, "\xac", 1, out) == 3 && memcmp(out, "\u20ac", 3) == 0);
    CHECK(vis_put(&state, "\r", 1, out) == 0);
    CHECK(vis_put(&state, "\n", 1, out) == 1 && out[0] == '\n');
    CHECK(vis_put(&state, "", 0, out) == 0);
}

/* Whatever comes in, what goes out is printable UTF-8, tab and newline, within the room. */
static void safe_output_is_harmless(void) {
    uint32_t random = 1;
    char s[64];
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof s; i++) {
            random = random * 1664525 + 1013904223;
            static const char nasty[] = "\r\n\x1b\xc2\x9b\x80\xe2\xaa\xed\xf0\x9f\xff";
            s[i] = random & 1U << 31 ? nasty[(random >> 16) % sizeof nasty] : (char)(random >> 16);
        }
        char *out = filtered(s, sizeof s, 1 + random % 7);
        bool harmless = true;
        for (const char *p = out; harmless && *p != '\0';) {
            uint32_t point = 0;
            int length = utf8_decode(p, strlen(p), &point);
            bool control = width_of(point) < 0 && point != '\t' && point != '\n';
            harmless = length > 0 && !control && !utf8_is_bidi(point);
            p += length;
        }
        CHECK(harmless);
        free(out);
    }
}

static void quote_is(const char *s, size_t n, size_t most, const char *expected) {
    char *out = malloc(vis_quote_bound(most));
    CHECK_TEXT(vis_quote(s, n, most, out), expected);
    free(out);
}

#define QUOTE(s, most, expected) quote_is(s, sizeof(s) - 1, most, expected)

static void quotes(void) {
    QUOTE("", 8, "\"\"");
    QUOTE("Bonjour\n", 64, "\"Bonjour\\n\"");
    QUOTE("a\tb\r\"c\"\\", 64, "\"a\\tb\\r\\\"c\\\"\\\\\"");
    QUOTE("\x1b[0m\0\x7f", 64, "\"\\x1b[0m\\x00\\x7f\"");
    QUOTE("\u00e9\u20ac", 64, "\"\u00e9\u20ac\"");
    QUOTE("\xc2\x9b\u202e\xff\xc3", 64, "\"\\u{9B}\\u{202E}\\xff\\xc3\"");
    QUOTE("\xff\xfe\xfd\xfc", 4, "\"\\xff\\xfe\\xfd\\xfc\"");
}

static void quotes_are_cut_between_characters(void) {
    QUOTE("abcdef", 6, "\"abcdef\"");
    QUOTE("abcdef", 5, "\"abcde\"...");
    QUOTE("abc\u20acd", 5, "\"abc\"...");
    QUOTE("abc\u20acd", 6, "\"abc\u20ac\"...");
    QUOTE("abc\xe2\x82", 4, "\"abc\\xe2\"...");
    QUOTE("\x1b\x1b\x1b", 2, "\"\\x1b\\x1b\"...");
    QUOTE("x", 0, "\"\"...");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"UTF-8 is decoded and encoded", utf8},
        {"malformed UTF-8 is refused at its first byte", utf8_malformed},
        {"every code point survives encoding", every_point_comes_back},
        {"code points have their width", widths},
        {"bidirectional controls are known", bidi},
        {"safe: text passes", safe_lets_text_pass},
        {"safe: controls become visible", safe_shows_controls},
        {"safe: invalid bytes become visible", safe_shows_invalid_bytes},
        {"safe: CR before a newline is dropped", safe_drops_cr_before_newline},
        {"safe: a cut character waits, the rest does not", safe_holds_back_only_what_may_go_on},
        {"safe: no input makes harmful output", safe_output_is_harmless},
        {"quotes are escaped as in C", quotes},
        {"quotes are cut between characters", quotes_are_cut_between_characters},
    };
    return UNIT_RUN(tests);
}
