#include <stdlib.h>

#include "common/base/utf8.h"
#include "common/base/vis.h"
#include "common/base/width.h"
#include "unit.h"

/* Filters s, given in pieces of `step` bytes, and gives out what waits. Owned by the caller.
 * Each piece's output is exactly as large as promised, for the sanitizer to watch. */
static char *filtered(const char *s, size_t n, size_t step) {
    struct vis state = {0};
    char *all = calloc(1, vis_bound(n) + vis_bound(0));
    size_t put = 0;
    for (size_t i = 0; i < n; i += step) {
        size_t piece = n - i < step ? n - i : step;
        char *out = malloc(vis_bound(piece));
        size_t size = vis_put(&state, s + i, piece, out);
        memcpy(all + put, out, size);
        put += size;
        free(out);
    }
    char *out = malloc(vis_bound(0));
    size_t size = vis_put(&state, "", 0, out);
    memcpy(all + put, out, size);
    free(out);
    return all;
}

static void vis_is(const char *s, size_t n, const char *expected) {
    for (size_t step = 1; step <= n; step++) {
        char *got = filtered(s, n, step);
        CHECK_TEXT(got, expected);
        free(got);
    }
    char *whole = calloc(1, vis_bound(n));
    vis_whole(s, n, whole);
    CHECK_TEXT(whole, expected);
    free(whole);
}

#define SHOWN(s, expected) vis_is(s, sizeof(s) - 1, expected)

static void lets_text_pass(void) {
    SHOWN("Bonjour\tle monde\n", "Bonjour\tle monde\n");
    SHOWN("\u00e9\u20ac\U0001f600", "\u00e9\u20ac\U0001f600");
    SHOWN("e\u0301", "e\u0301");
}

static void shows_controls(void) {
    SHOWN("\x1b[31m", "^[[31m");
    SHOWN("a\0b", "a^@b");
    SHOWN("\x7f\a\b", "^?^G^H");
    SHOWN("\xc2\x9b", "\\u{9B}");
    SHOWN("\xc2\x80\xc2\x9f", "\\u{80}\\u{9F}");
    SHOWN("\u202ax\u2069", "\\u{202A}x\\u{2069}");
}

static void shows_invalid_bytes(void) {
    SHOWN("\xff", "\\xff");
    SHOWN("\xc3(", "\\xc3(");
    SHOWN("\xe2\x82(", "\\xe2\\x82(");
    SHOWN("\xf0\x9f\x98", "\\xf0\\x9f\\x98");
    SHOWN("\xed\xa0\x80", "\\xed\\xa0\\x80");
    SHOWN("\xc0\x9b", "\\xc0\\x9b");
    SHOWN("\xe2\xc3\xa9", "\\xe2\u00e9");
    SHOWN("\x9b", "\\x9b");
}

static void drops_cr_before_newline(void) {
    SHOWN("a\r\nb", "a\nb");
    SHOWN("a\rb", "a^Mb");
    SHOWN("a\r", "a^M");
    SHOWN("\r\r\n", "^M\n");
    SHOWN("\r\xc3", "^M\\xc3");
    SHOWN("\r\xff\n", "^M\\xff\n");
    SHOWN("\r\u00e9\r\n", "^M\u00e9\n");
}

static void holds_back_only_what_may_go_on(void) {
    struct vis state = {0};
    char out[64];
    CHECK(vis_put(&state, "login: \xe2\x82", 9, out) == 7 && memcmp(out, "login: ", 7) == 0);
    CHECK(vis_put(&state, "\xac", 1, out) == 3 && memcmp(out, "\u20ac", 3) == 0);
    CHECK(vis_put(&state, "\r", 1, out) == 0);
    CHECK(vis_put(&state, "\n", 1, out) == 1 && out[0] == '\n');
    CHECK(vis_put(&state, "", 0, out) == 0);
}

/* Whatever comes in, what goes out is printable UTF-8, tab and newline, within the bound. */
static void output_is_harmless(void) {
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
        {"text passes", lets_text_pass},
        {"controls become visible", shows_controls},
        {"invalid bytes become visible", shows_invalid_bytes},
        {"CR before a newline is dropped", drops_cr_before_newline},
        {"a cut character waits, the rest does not", holds_back_only_what_may_go_on},
        {"no input makes harmful output", output_is_harmless},
        {"quotes are escaped as in C", quotes},
        {"quotes are cut between characters", quotes_are_cut_between_characters},
    };
    return UNIT_RUN(tests);
}
