/* row: text on one row of a terminal: which columns it takes, and what of a long line is seen.
 * Characters are those of grapheme.h; what could act on a terminal counts, and is shown, as
 * vis_put makes it; a tab goes to the next multiple of 8. Pure. */
#ifndef SOCKKIT_TTY_ROW_H
#define SOCKKIT_TTY_ROW_H

#include <stddef.h>

#include "common/base/buf.h"

/* How many columns the n bytes at s take from the left edge on. */
size_t row_columns(const char *s, size_t n);

/* How many of the n >= 1 bytes at s fit on a row of so many columns; one character at least. */
size_t row_fit(const char *s, size_t n, size_t columns);

/* Where the cursor stands in what row_window put out. */
struct row_cursor {
    size_t bytes, column;
};

/* Puts at the end of out what is seen, in less than `columns` columns, of the n bytes at s when the
 * cursor stands on the byte s[cursor]; a line too long is moved to the left by half rows. Costs
 * what the cursor and a row are long: a caller gives of a long line what is near the cursor. */
struct row_cursor row_window(const char *s, size_t n, size_t cursor, size_t columns,
                             struct buf *out);

#endif
