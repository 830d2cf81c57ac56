/* inherit: sockets from whoever started the program (LISTEN_FDS and LISTEN_PID,
 * sd_listen_fds(3)). */
#ifndef SOCKKIT_CLI_INHERIT_H
#define SOCKKIT_CLI_INHERIT_H

#include "common/base/msg.h"
#include "common/net/listen.h"

/* Takes them over, by what they are: listening stream sockets into *streams, datagram sockets into
 * *datagrams; NULL: there must be none. The variables leave the environment, children must not take
 * them for theirs. Returns how many there were, or -1 with a cause; what was taken is the caller's
 * either way. */
int inherit_sockets(struct listeners *streams, struct listeners *datagrams, struct cause *cause);

#endif
