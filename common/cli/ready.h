/* ready: telling whoever waits that a server can be reached: "listening on ..." on stderr,
 * --port-file, --ready-fd, NOTIFY_SOCKET (sd_notify(3)). */
#ifndef SOCKKIT_CLI_READY_H
#define SOCKKIT_CLI_READY_H

#include "common/cli/options.h"
#include "common/cli/removal.h"
#include "common/net/listen.h"

/* Before anything is opened: removes a port file that the last run has left, and checks that the
 * descriptor of --ready-fd is open. Returns 0, or the exit status, having told why. */
int ready_check(const struct server_conf *conf);

/* "listening on ADDR:PORT" for each. */
void ready_narrate(const struct listeners *listeners);
/* Where one listens at every address of the machine: "reachable at ADDR:PORT" for those by which
 * others can mean it, which loopback and link-local IPv6 addresses are not. */
void ready_narrate_reachable(const struct listeners *listeners);

/* Tells the port (or path) of the first address where the options ask for it. The port file, if
 * there is one, goes with *port_file. Returns 0, or the exit status, having told why. */
int ready_announce(const struct server_conf *conf, const struct addr *first,
                   struct removal *port_file);

#endif
