/* ready: telling whoever waits that a server can be reached: "listening on ..." on stderr,
 * --port-file, --ready-fd, NOTIFY_SOCKET (sd_notify(3)); and sockets inherited from whoever started
 * it (LISTEN_FDS, sd_listen_fds(3)). */
#ifndef SOCKKIT_CLI_READY_H
#define SOCKKIT_CLI_READY_H

#include <sys/types.h>

#include "common/cli/applet.h"
#include "common/net/listen.h"

struct ready {
    int directory; /* of the port file and of the socket path; -1: none */
    int path_directory;
    const char *port_file, *path; /* their last components; NULL: nothing to remove */
    ino_t port_inode, path_inode; /* somebody may have put theirs in its place */
};

/* Listens as the call asks, or takes over the inherited sockets of this type, and takes LISTEN_FDS,
 * LISTEN_PID and LISTEN_FDNAMES out of the environment. Checks --ready-fd. Returns 0, or the exit
 * status, having told why. Directories that are needed at the end are opened now. */
int ready_listen(struct ready *r, const struct call *call, const struct server_conf *conf, int type,
                 struct listeners *out);

/* The same for a server of streams that may inherit datagram sockets too; it opens none. */
int ready_listen_both(struct ready *r, const struct call *call, const struct server_conf *conf,
                      struct listeners *streams, struct listeners *datagrams);

/* Announces. Returns 0, or the exit status, having told why. */
int ready_announce(struct ready *r, const struct server_conf *conf,
                   const struct listeners *listeners);

/* Gives up what a server that listens does not need (sandbox.h), unless --no-sandbox; the local
 * time can be told after. r NULL: a process that has nothing to remove. */
void ready_confine(const struct ready *r, const struct server_conf *conf);

/* Removes the port file and the socket path. Works in the sandbox. */
void ready_withdraw(struct ready *r);

#endif
