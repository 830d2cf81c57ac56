/* wrap: a line laid on the rows of a terminal. Pure. */
#ifndef SOCKKIT_BASE_WRAP_H
#define SOCKKIT_BASE_WRAP_H

#include <stddef.h>

#include "common/base/buf.h"

#define WRAP_INDENT ((size_t)4)
#define WRAP_LEAST ((size_t)20) /* columns; a narrower terminal is taken for one of so many */

/* How many columns a text takes. It has no control characters. */
size_t wrap_columns(const char *text, size_t n);

/* How many of the n >= 1 bytes stand in a row of so many columns: up to a blank where there is one,
 * at least one character. */
size_t wrap_row(const char *text, size_t n, size_t columns);

/* Puts the text at the end of out, in rows of at most so many columns with a newline between them.
 * A row ends at a blank where it can. Rows but the first are indented by WRAP_INDENT. */
void wrap_text(const char *text, size_t n, size_t columns, struct buf *out);

/* The same for a call and the words that explain it: in one row, the words from the column `at` on,
 * where that fits. Else the words have rows of their own below. Where a row cannot hold the head,
 * its blanks are squeezed first. */
void wrap_pair(const char *head, const char *words, size_t at, size_t columns, struct buf *out);

#endif
