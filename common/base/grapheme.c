#include "common/base/grapheme.h"

#include <stdbool.h>

#include "common/base/utf8.h"
#include "common/base/width.h"

#define JOINER 0x200dU

struct unit {
    uint32_t point;
    size_t size;
    int columns;
};

static struct unit unit_at(const char *s, size_t n) {
    struct unit u;
    u.size = utf8_next(s, n, &u.point);
    u.columns = u.point == UTF8_INVALID || utf8_is_bidi(u.point) ? -1 : width_of(u.point);
    return u;
}

static bool between(uint32_t point, uint32_t first, uint32_t last) {
    return point >= first && point <= last;
}

static bool is_flag_letter(uint32_t point) { return between(point, 0x1f1e6, 0x1f1ff); }

static bool is_skin_tone(uint32_t point) { return between(point, 0x1f3fb, 0x1f3ff); }

/* The blocks that the emoji of UTS #51 come from; what else is in them is never joined. */
static bool is_pictograph(uint32_t point) {
    return between(point, 0x2190, 0x2bff) || between(point, 0x1f000, 0x1faff);
}

/* A character so far. */
struct cluster {
    uint32_t first, last;
    int points;
};

static bool joins(const struct cluster *c, const struct unit *next) {
    if (next->columns <= 0) return next->columns == 0;
    if (is_flag_letter(next->point)) return is_flag_letter(c->first) && c->points == 1;
    if (!is_pictograph(c->first) || !is_pictograph(next->point)) return false;
    return c->last == JOINER || is_skin_tone(next->point);
}

size_t grapheme_next(const char *s, size_t n, int *columns) {
    struct unit u = unit_at(s, n);
    struct cluster c = {.first = u.point, .last = u.point, .points = 1};
    size_t size = u.size;
    *columns = u.columns;
    for (; *columns >= 0 && size < n && c.points < GRAPHEME_POINTS; c.points++) {
        u = unit_at(s + size, n - size);
        if (!joins(&c, &u)) break;
        if (u.columns > 0) *columns = 2;
        size += u.size;
        c.last = u.point;
    }
    return size;
}

/* A character that begins before the place looked back to ends less than GRAPHEME_MOST behind it:
 * from there on characters are counted right. */
size_t grapheme_last(const char *s, size_t n) {
    size_t begin = n > 2 * GRAPHEME_MOST ? n - 2 * GRAPHEME_MOST : 0, found;
    int columns;
    while (begin > 0 && begin < n && (s[begin] & 0xc0) == 0x80) begin++;
    if (begin == n) return n > 0 ? n - 1 : 0;
    found = begin;
    for (size_t i = begin; i < n; i += grapheme_next(s + i, n - i, &columns)) found = i;
    return found;
}
