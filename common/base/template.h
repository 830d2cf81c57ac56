/* template: the answer of --reply: %m the message, %a and %p the peer's address and port, %t the
 * time (ISO 8601 with offset), %% a percent sign. Pure but for the clock that the caller reads. */
#ifndef SOCKKIT_BASE_TEMPLATE_H
#define SOCKKIT_BASE_TEMPLATE_H

#include <stddef.h>
#include <time.h>

#include "common/base/addr.h"
#include "common/base/buf.h"

/* NULL, or what is wrong with it ("unknown '%q' (%m %a %p %t %% are known)"; static or valid until
 * the next call). */
const char *template_check(const char *text);

/* Puts the answer at the end of out, without a line ending. The message's bytes are put as they
 * are. `text` has passed the check. */
void template_fill(struct buf *out, const char *text, const char *message, size_t size,
                   const struct addr *peer, time_t now);

#endif
