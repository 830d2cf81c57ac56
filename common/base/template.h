/* template: the answer of --reply: %m the message, %a and %p the peer's address and port, %t the
 * time (ISO 8601 with offset), %% a percent sign. Pure: the caller gives the time. */
#ifndef SOCKKIT_BASE_TEMPLATE_H
#define SOCKKIT_BASE_TEMPLATE_H

#include <stddef.h>
#include <time.h>

#include "common/base/addr.h"
#include "common/base/buf.h"

/* Of a template of so many bytes: NULL; or what is wrong with the text ("unknown '%q' (%m %a %p %t
 * %% are known)"), valid until the next call. */
const char *template_check(const char *text, size_t size);

/* What is answered. */
struct template_message {
    const char *bytes;
    size_t size;
    const struct addr *peer;
    time_t now;
};

/* Puts the answer at the end of out, without a line ending, the message's bytes as they are. `text`
 * has passed template_check. */
void template_fill(struct buf *out, const char *text, size_t size,
                   const struct template_message *message);

#endif
