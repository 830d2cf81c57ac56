/* inherit: sockets from whoever started the program (LISTEN_FDS and LISTEN_PID,
 * sd_listen_fds(3)). */
#ifndef SOCKKIT_CLI_INHERIT_H
#define SOCKKIT_CLI_INHERIT_H

#include "common/base/msg.h"
#include "common/net/listen.h"

/* Takes them over, by what they are: listening stream sockets into *streams, datagram sockets into
 * *datagrams; NULL: there must be none. One connected stream socket alone goes into *connection
 * where there may be streams (a unit with Accept=yes); it is taken out of descriptors 0 to 2. The
 * variables leave the environment, children must not take them for theirs. Returns how many there
 * were, or -1 with a cause; what was taken is the caller's either way. */
int inherit_sockets(struct listeners *streams, struct listeners *datagrams, int *connection,
                    struct cause *cause);

/* An opt_row's `parse`, of an option without a value: stdin, which must be a connected stream
 * socket (inetd(8), tcpserver(1)), becomes a descriptor of its own, in the int at `field`. It is
 * taken out of descriptors 0 to 2: no word of ours shall go to the peer. */
const char *inherit_stdin(void *field, const char *value);

#endif
