/* confine: what a server gives up once it listens: the user that it was started as (--user), and
 * all that the sandbox takes (common/cli/sandbox.h). */
#ifndef SOCKKIT_SERVE_CONFINE_H
#define SOCKKIT_SERVE_CONFINE_H

#include "common/cli/options.h"
#include "common/cli/removal.h"
#include "common/serve/doors.h"

/* Before anything is opened: that it could become the user. Both return 0, or the exit status,
 * having told why. */
int confine_check(const struct server_conf *conf);

/* Everything is open; from here on only the port file and the path of the doors can be removed, and
 * what else it needs (SANDBOX_DIALS...) be done. The local time, and the interfaces of clients, can
 * be told after. */
int confine_enter(const struct server_conf *conf, const struct doors *doors,
                  const struct removal *port_file, unsigned needs);

#endif
