/* reason: why nobody was reached at an address of this machine, as its own tables tell
 * (sysinfo.h). */
#ifndef SOCKKIT_NET_REASON_H
#define SOCKKIT_NET_REASON_H

#include <stddef.h>

#include "common/base/addr.h"

#define REASON_TEXT 512

/* Of `count` addresses of one port that all refused: who has that port at another address, and what
 * to do: " (a server listens on [::1]:60000 only: -6, or start it with -b '*')". Type is
 * SOCK_STREAM or SOCK_DGRAM. "" where the tables do not tell. Returns out. */
const char *reason_refused(int type, const struct addr *tried, size_t count, char out[REASON_TEXT]);

/* Of an address that did not answer connect(2) on a stream: that the queue of its listener is full.
 * "" where it is not, or nobody can tell. Returns out. */
const char *reason_silent(const struct addr *to, char out[REASON_TEXT]);

#endif
