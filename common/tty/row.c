#include "common/tty/row.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/base/vis.h"
#include "common/base/width.h"

#define TAB 8
#define COLUMNS_LEAST 2

/* A character as it is shown. */
struct cell {
    size_t size, columns; /* bytes of the text; columns on the row */
    char shown[4 * VIS_SHOWN];
    size_t shown_size;
};

static size_t shown_columns(const char *s, size_t n) {
    size_t columns = 0;
    for (size_t i = 0; i < n;) {
        uint32_t point;
        i += utf8_next(s + i, n - i, &point);
        columns += width_of(point) > 0 ? (size_t)width_of(point) : 0;
    }
    return columns;
}

/* The character that the n >= 1 bytes at s begin with, at that column. */
static struct cell cell_at(const char *s, size_t n, size_t column) {
    struct cell c = {.shown_size = 0};
    uint32_t point;
    c.size = utf8_next(s, n, &point);
    if (*s == '\t') {
        c.columns = c.shown_size = TAB - column % TAB;
        memset(c.shown, ' ', c.shown_size);
        return c;
    }
    c.shown_size = vis_whole(s, c.size, c.shown);
    c.columns = shown_columns(c.shown, c.shown_size);
    return c;
}

size_t row_columns(const char *s, size_t n) {
    size_t column = 0;
    for (size_t i = 0; i < n;) {
        struct cell c = cell_at(s + i, n - i, column);
        column += c.columns;
        i += c.size;
    }
    return column;
}

size_t row_fit(const char *s, size_t n, size_t columns) {
    size_t column = 0, i = 0;
    while (i < n) {
        struct cell c = cell_at(s + i, n - i, column);
        column += c.columns;
        if (column > columns && i > 0) break;
        i += c.size;
    }
    return i;
}

/* The column that the window begins at. */
static size_t window_start(size_t cursor_column, size_t columns) {
    size_t half = columns / 2;
    if (cursor_column < columns) return 0;
    return (cursor_column - columns + half) / half * half;
}

size_t row_window(const char *s, size_t n, size_t cursor, size_t columns, struct buf *out) {
    if (columns < COLUMNS_LEAST) columns = COLUMNS_LEAST;
    size_t at = row_columns(s, cursor), start = window_start(at, columns), column = 0, first = 0,
           i = 0;
    while (i < n) {
        struct cell c = cell_at(s + i, n - i, column);
        bool seen = column >= start && (c.columns > 0 || column > start || start == 0);
        if (seen && column + c.columns - first >= columns) break;
        if (seen) buf_put(out, c.shown, c.shown_size);
        column += c.columns;
        if (!seen) first = column;
        i += c.size;
    }
    return at > first ? at - first : 0;
}
