/* payload: what --send-file sends. */
#ifndef SOCKKIT_PROBE_PAYLOAD_H
#define SOCKKIT_PROBE_PAYLOAD_H

#include "common/base/buf.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"

/* Reads all of FILE, or of stdin for "-", to the end of out. Runs the loop until it has. 0; or -1
 * with a cause, whose text is empty when something else stopped the loop (a signal). */
int payload_read(struct loop *loop, const char *file, struct buf *out, struct cause *cause);

#endif
