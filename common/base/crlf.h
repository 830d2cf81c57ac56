/* crlf: line endings as CR LF (-C). Pure. */
#ifndef SOCKKIT_BASE_CRLF_H
#define SOCKKIT_BASE_CRLF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

/* Puts the bytes at the end of out with every LF as CR LF; none that has its CR gets a second one.
 * *cr remembers over calls whether the last byte was a CR; false at first. */
void crlf_put(struct buf *out, const char *bytes, size_t n, bool *cr);

/* One line: text, then the ending (-C: CR LF, which replaces a line ending of its own; `bare`:
 * none). */
void crlf_line(struct buf *out, const char *text, bool crlf, bool bare);

#endif
