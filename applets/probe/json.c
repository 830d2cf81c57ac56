#include "applets/probe/json.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/base/width.h"

static void put_ascii(struct buf *out, unsigned char c) {
    static const char letters[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter)
        buf_format(out, "\\%c", names[letter - letters]);
    else if (c < 0x20 || c == 0x7f)
        buf_format(out, "\\u%04x", c);
    else
        buf_put(out, &c, 1);
}

/* Controls above ASCII, and what turns the direction of text, might act on the terminal that shows
 * it. */
static void put_point(struct buf *out, uint32_t point, const char *s, size_t size) {
    if (point <= 0xffff && (width_of(point) < 0 || utf8_is_bidi(point)))
        buf_format(out, "\\u%04x", (unsigned)point);
    else
        buf_put(out, s, size);
}

void json_string(struct buf *out, const char *s, size_t n) {
    buf_put(out, "\"", 1);
    while (n > 0) {
        uint32_t point;
        size_t length = utf8_next(s, n, &point);
        if (point == UTF8_INVALID)
            buf_put(out, "\xef\xbf\xbd", 3);
        else if (point < 0x80)
            put_ascii(out, (unsigned char)point);
        else
            put_point(out, point, s, length);
        s += length;
        n -= length;
    }
    buf_put(out, "\"", 1);
}
