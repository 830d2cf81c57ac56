/* claim: the path of a Unix socket, which of several servers that start at once exactly one gets.
 *
 * bind(2) never replaces a path, so a server first removes one that another has left behind. But
 * what it saw was stale may be another's live socket by the time that it is removed. So whoever
 * looks, removes, binds and listens holds a lock meanwhile, on the directory (flock(2)): that needs
 * no file of its own, which would have to be removed in turn, and ends with the process. */
#ifndef SOCKKIT_NET_CLAIM_H
#define SOCKKIT_NET_CLAIM_H

#include "common/base/addr.h"
#include "common/base/msg.h"

/* Makes the path free for bind(2). Returns a descriptor, to be closed when a socket of this type
 * listens there, or none will. -1 with a cause: the path is live, or no socket and left alone, or
 * cannot be made. Where somebody keeps the lock for 5 s, or the file system knows none, it goes
 * without. */
int claim_path(const struct addr *a, int type, struct cause *cause);

#endif
