/* doors: where a server can be reached: sockets that it inherited, or that are opened as the call
 * asks; the path of a Unix socket goes with them. */
#ifndef SOCKKIT_SERVE_DOORS_H
#define SOCKKIT_SERVE_DOORS_H

#include <stdbool.h>

#include "common/cli/applet.h"
#include "common/cli/removal.h"
#include "common/net/listen.h"

/* {0}: closed. */
struct doors {
    struct listeners streams, datagrams; /* owned */
    struct removal path;
    int connection; /* handed over instead of any of them; 0: none. The server's, once it has it. */
};

/* Opens those for streams, for datagrams, or both at the same addresses and ports. A
 * connection that was handed over takes the place of all of them. Runs the loop for a look-up.
 * Returns 0, or the exit status, having told why; in any case doors_close is to come. When the call
 * was over before, 0 with no door open. */
int doors_open(struct doors *d, const struct call *call, const struct server_conf *conf,
               bool streams, bool datagrams);
/* Closes those that are open, and removes the path. */
void doors_close(struct doors *d);

#endif
