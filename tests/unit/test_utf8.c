#include "common/base/utf8.h"
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

/* Walks over the whole text; what it meets is told as hex numbers, "-" for what is no character. */
static void walks(const char *s, size_t n, const char *expected) {
    char met[128] = "";
    for (size_t i = 0, used = 0; i < n;) {
        uint32_t point;
        i += utf8_next(s + i, n - i, &point);
        if (point == UTF8_INVALID)
            used += (size_t)snprintf(met + used, sizeof met - used, "- ");
        else
            used += (size_t)snprintf(met + used, sizeof met - used, "%x ", (unsigned)point);
    }
    CHECK_TEXT(met, expected);
}

#define WALKS(s, expected) walks(s, sizeof(s) - 1, expected)

static void a_walk_steps_over_what_is_no_character(void) {
    WALKS("a\u00e9\u20ac\U0001f600", "61 e9 20ac 1f600 ");
    WALKS("\xff"
          "a",
          "- 61 ");
    WALKS("\xe2\x82(", "- - 28 ");
    WALKS("\xe2\xc3\xa9", "- e9 ");
    WALKS("a\xf0\x9f\x98", "61 - - - ");
    WALKS("\0", "0 ");
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

static void bidi(void) {
    static const uint32_t others[] = {0x2029, 0x202f, 0x2065, 0x206a, 0x200e, 'A'};
    for (uint32_t point = 0x202a; point <= 0x202e; point++) CHECK(utf8_is_bidi(point));
    for (uint32_t point = 0x2066; point <= 0x2069; point++) CHECK(utf8_is_bidi(point));
    for (size_t i = 0; i < COUNT(others); i++) CHECK(!utf8_is_bidi(others[i]));
}

int main(void) {
    static const struct unit_test tests[] = {
        {"UTF-8 is decoded and encoded", utf8},
        {"malformed UTF-8 is refused at its first byte", utf8_malformed},
        {"a walk takes what is no character as one byte", a_walk_steps_over_what_is_no_character},
        {"every code point survives encoding", every_point_comes_back},
        {"bidirectional controls are known", bidi},
    };
    return UNIT_RUN(tests);
}
