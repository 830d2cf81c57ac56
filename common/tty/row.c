#include "common/tty/row.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/grapheme.h"
#include "common/base/vis.h"

#define TAB 8
#define COLUMNS_LEAST 2

/* A character as it is shown. */
struct cell {
    size_t size, columns; /* bytes of the text; columns on the row */
    const char *shown;    /* in the text, or in `made` */
    size_t shown_size;
    char made[2 * VIS_SHOWN];
};

static void make_blanks(struct cell *c, size_t columns) {
    c->shown = memset(c->made, ' ', columns);
    c->shown_size = c->columns = columns;
}

/* All that vis_put puts in place of something is ASCII. */
static void make_safe(struct cell *c, const char *s) {
    c->shown = c->made;
    c->shown_size = c->columns = vis_whole(s, c->size, c->made);
}

/* The character that the n >= 1 bytes at s begin with, at that column. */
static void cell_at(struct cell *c, const char *s, size_t n, size_t column) {
    int columns;
    c->size = c->shown_size = grapheme_next(s, n, &columns);
    c->shown = s;
    c->columns = (size_t)columns;
    if (*s == '\t')
        make_blanks(c, TAB - column % TAB);
    else if (columns < 0)
        make_safe(c, s);
}

size_t row_columns(const char *s, size_t n) {
    size_t column = 0;
    for (size_t i = 0; i < n;) {
        struct cell c;
        cell_at(&c, s + i, n - i, column);
        column += c.columns;
        i += c.size;
    }
    return column;
}

size_t row_fit(const char *s, size_t n, size_t columns) {
    size_t column = 0, i = 0;
    while (i < n) {
        struct cell c;
        cell_at(&c, s + i, n - i, column);
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

struct row_cursor row_window(const char *s, size_t n, size_t cursor, size_t columns,
                             struct buf *out) {
    if (columns < COLUMNS_LEAST) columns = COLUMNS_LEAST;
    size_t at = row_columns(s, cursor), start = window_start(at, columns), begin = out->size;
    size_t column = 0, first = 0, i = 0;
    struct row_cursor found = {.bytes = 0};
    struct cell c;
    for (; i < n; i += c.size, column += c.columns) {
        cell_at(&c, s + i, n - i, column);
        bool seen = column >= start && (c.columns > 0 || column > start || start == 0);
        if (seen && column + c.columns - first >= columns) break;
        if (seen) buf_put(out, c.shown, c.shown_size);
        if (!seen) first = column + c.columns;
        if (i < cursor) found.bytes = out->size - begin;
    }
    found.column = at > first ? at - first : 0;
    return found;
}
