#include "common/base/utf8.h"

static unsigned char byte_at(const char *s, size_t i) { return (unsigned char)s[i]; }

/* How long the character is that this byte begins; 0 when it begins none. */
static size_t length_of(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0; /* a continuation, or the overlong form of an ASCII character */
    if (lead < 0xe0) return 2;
    if (lead < 0xf0) return 3;
    return lead < 0xf5 ? 4 : 0;
}

/* Overlong forms, surrogates and what is beyond U+10FFFF differ from the others in the second
 * byte. */
static bool may_follow(unsigned char lead, unsigned char second) {
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

int utf8_decode(const char *s, size_t n, uint32_t *point) {
    unsigned char lead = byte_at(s, 0);
    size_t length = length_of(lead);
    if (length == 0) return -1;
    uint32_t value = length == 1 ? lead : lead & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if (i == n) return 0;
        unsigned char next = byte_at(s, i);
        if (i == 1 ? !may_follow(lead, next) : (next & 0xc0) != 0x80) return -1;
        value = value << 6 | (next & 0x3f);
    }
    *point = value;
    return (int)length;
}

size_t utf8_next(const char *s, size_t n, uint32_t *point) {
    int length = utf8_decode(s, n, point);
    if (length > 0) return (size_t)length;
    *point = UTF8_INVALID;
    return 1;
}

size_t utf8_encode(uint32_t point, char out[4]) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6) out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((0xf00U >> length & 0xff) | point);
    return length;
}

bool utf8_is_bidi(uint32_t point) {
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}
