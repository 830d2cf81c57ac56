#include "common/base/vis.h"

#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/base/width.h"

static size_t show_invalid(char byte, char out[VIS_SHOWN]) {
    return (size_t)snprintf(out, VIS_SHOWN, "\\x%02x", (unsigned)(unsigned char)byte);
}

/* A character above ASCII: as it is, or as \u{N} where it could act on a terminal. */
static size_t show_point(uint32_t point, char out[VIS_SHOWN]) {
    if (width_of(point) >= 0 && !utf8_is_bidi(point)) return utf8_encode(point, out);
    return (size_t)snprintf(out, VIS_SHOWN, "\\u{%X}", (unsigned)point);
}

static size_t show_safe(uint32_t point, char out[VIS_SHOWN]) {
    bool blank = point == '\t' || point == '\n';
    bool control = point < 0x20 || point == 0x7f;
    if (blank) return utf8_encode(point, out);
    if (!control) return show_point(point, out);
    out[0] = '^';
    out[1] = (char)(point ^ 0x40);
    return 2;
}

/* A byte becomes at most 4 ("\xNN"). 3 bytes and a CR may be held from before, and snprintf adds a
 * NUL. */
size_t vis_bound(size_t n) { return 4 * (n + 3) + sizeof "^M"; }

static size_t give_cr(struct vis *state, char *out) {
    if (!state->cr) return 0;
    state->cr = false;
    return show_safe('\r', out);
}

/* Puts out the characters that the held bytes begin with; with `last` no more bytes will come. */
static size_t give_held(struct vis *state, bool last, char *out) {
    size_t put = 0;
    while (state->held_size > 0) {
        uint32_t point = 0;
        int length = utf8_decode(state->held, state->held_size, &point);
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

size_t vis_put(struct vis *state, const char *s, size_t n, char *out) {
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

size_t vis_whole(const char *s, size_t n, char *out) {
    struct vis state = {.held_size = 0};
    size_t put = n > 0 ? vis_put(&state, s, n, out) : 0;
    return put + vis_put(&state, "", 0, out + put);
}

/* A byte becomes at most 4; around them stand the quotes, the dots and the NUL. */
size_t vis_quote_bound(size_t most) { return 4 * most + sizeof "\"\"..."; }

static size_t show_quoted(uint32_t point, char out[VIS_SHOWN]) {
    static const char points[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
    const char *found = point > 0 && point < 0x80 ? strchr(points, (int)point) : NULL;
    if (found == NULL && (point < 0x20 || point == 0x7f)) return show_invalid((char)point, out);
    if (found == NULL) return show_point(point, out);
    out[0] = '\\';
    out[1] = letters[found - points];
    return 2;
}

const char *vis_quote(const char *s, size_t n, size_t most, char *out) {
    size_t put = 0, i = 0, length;
    out[put++] = '"';
    for (; i < n; i += length) {
        uint32_t point;
        length = utf8_next(s + i, n - i, &point);
        if (length > most - i) break; /* a character is not cut in two */
        put +=
            point == UTF8_INVALID ? show_invalid(s[i], out + put) : show_quoted(point, out + put);
    }
    out[put++] = '"';
    const char *rest = i < n ? "..." : "";
    memcpy(out + put, rest, strlen(rest) + 1);
    return out;
}
