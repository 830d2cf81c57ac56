/* tint: the colours of a room's lines at a terminal. Pure. */
#ifndef SOCKKIT_CHAT_TINT_H
#define SOCKKIT_CHAT_TINT_H

#include <stddef.h>

#include "common/base/buf.h"

/* Puts a line of a room at the end of out in colour (ECMA-48 SGR): each name in one of its own,
 * narration dim, refusals red. */
void tint_line(struct buf *out, const char *line, size_t size);

#endif
