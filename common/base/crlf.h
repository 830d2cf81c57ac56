/* crlf: line endings as CR LF (-C). Pure. */
#ifndef SOCKKIT_BASE_CRLF_H
#define SOCKKIT_BASE_CRLF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

/* Puts the bytes at the end of out with every LF as CR LF; an LF behind a CR stays as it is. *cr is
 * the state between calls (the last byte was a CR); false at the beginning. */
void crlf_put(struct buf *out, const char *bytes, size_t n, bool *cr);

/* Puts one line: the text, then its ending. crlf: every ending is CR LF, those within the text too.
 * bare: no ending is added. */
void crlf_line(struct buf *out, const char *text, size_t size, bool crlf, bool bare);

#endif
