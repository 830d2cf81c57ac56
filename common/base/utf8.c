#include <stdio.h>
#include <string.h>

#include "common/base/text.h"

static unsigned char byte_at(const char *s, size_t i) { return (unsigned char)s[i]; }

/* How long the character is that this byte begins, 0 if it begins none. */
static size_t length_of(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0; /* a continuation, or the overlong form of an ASCII character */
    if (lead < 0xe0) return 2;
    if (lead < 0xf0) return 3;
    return lead < 0xf5 ? 4 : 0;
}

/* The second byte alone tells overlong forms, surrogates and what is beyond U+10FFFF. */
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

int text_decode(const char *s, size_t n, uint32_t *point) {
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

size_t text_encode(uint32_t point, char out[4]) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6) out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((0xf00U >> length & 0xff) | point);
    return length;
}

bool text_is_bidi(uint32_t point) {
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static size_t show_invalid(char byte, char out[TEXT_SHOWN]) {
    return (size_t)snprintf(out, TEXT_SHOWN, "\\x%02x", (unsigned)(unsigned char)byte);
}

/* What is above ASCII: as it is, or as \u{N} where it could act on a terminal. */
static size_t show_point(uint32_t point, char out[TEXT_SHOWN]) {
    if (text_width(point) >= 0 && !text_is_bidi(point)) return text_encode(point, out);
    return (size_t)snprintf(out, TEXT_SHOWN, "\\u{%X}", (unsigned)point);
}

static size_t show_safe(uint32_t point, char out[TEXT_SHOWN]) {
    bool blank = point == '\t' || point == '\n';
    bool control = point < 0x20 || point == 0x7f;
    if (blank) return text_encode(point, out);
    if (!control) return show_point(point, out);
    out[0] = '^';
    out[1] = (char)(point ^ 0x40);
    return 2;
}

/* No byte becomes more than 4 ("\xNN"); 3 bytes and a CR may wait from before, and snprintf
 * ends with a NUL. */
size_t text_safe_room(size_t n) { return 4 * (n + 3) + sizeof "^M"; }

static size_t give_cr(struct text_safe *state, char *out) {
    if (!state->cr) return 0;
    state->cr = false;
    return show_safe('\r', out);
}

/* Gives what the held bytes begin with, once that is known. */
static size_t give_held(struct text_safe *state, bool last, char *out) {
    size_t put = 0;
    while (state->held_size > 0) {
        uint32_t point = 0;
        int length = text_decode(state->held, state->held_size, &point);
        if (length == 0 && !last) break;
        if (length <= 0 || point != '\n') put += give_cr(state, out + put);
        state->cr = false;
        if (length <= 0)
            put += show_invalid(state->held[0], out + put);
        else if (point == '\r')
            state->cr = true;
        else
            put += show_safe(point, out + put);
        size_t taken = length > 0 ? (size_t)length : 1;
        state->held_size = (unsigned char)(state->held_size - taken);
        memmove(state->held, state->held + taken, state->held_size);
    }
    return put;
}

size_t text_safe(struct text_safe *state, const char *s, size_t n, char *out) {
    size_t put = 0;
    for (size_t i = 0; i < n; i++) {
        state->held[state->held_size++] = s[i];
        put += give_held(state, false, out + put);
    }
    if (n == 0) {
        put += give_held(state, true, out);
        put += give_cr(state, out + put);
    }
    return put;
}

/* No byte becomes more than 4; around them the quotes, the dots and the NUL. */
size_t text_quote_room(size_t most) { return 4 * most + sizeof "\"\"..."; }

static size_t show_quoted(uint32_t point, char out[TEXT_SHOWN]) {
    static const char points[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
    const char *found = point > 0 && point < 0x80 ? strchr(points, (int)point) : NULL;
    if (found == NULL && (point < 0x20 || point == 0x7f)) return show_invalid((char)point, out);
    if (found == NULL) return show_point(point, out);
    out[0] = '\\';
    out[1] = letters[found - points];
    return 2;
}

const char *text_quote(const char *s, size_t n, size_t most, char *out) {
    size_t put = 0, i = 0, taken;
    out[put++] = '"';
    for (; i < n; i += taken) {
        uint32_t point = 0;
        int length = text_decode(s + i, n - i, &point);
        taken = length > 0 ? (size_t)length : 1;
        if (taken > most - i) break; /* a character is not cut in two */
        put += length > 0 ? show_quoted(point, out + put) : show_invalid(s[i], out + put);
    }
    out[put++] = '"';
    const char *rest = i < n ? "..." : "";
    memcpy(out + put, rest, strlen(rest) + 1);
    return out;
}
