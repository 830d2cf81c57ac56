/* hint: what to do about an error of a socket call, as it stands behind the error's own words:
 * " (is a server listening there?)". "" where there is nothing to say. Static. */
#ifndef SOCKKIT_NET_HINT_H
#define SOCKKIT_NET_HINT_H

#include "common/base/addr.h"

/* Of bind(2) or listen(2) on an address of this machine. */
const char *hint_local(const struct addr *a, int error);

/* Of connect(2) or a send to an address; type is SOCK_STREAM or SOCK_DGRAM. */
const char *hint_peer(int type, const struct addr *to, int error);

#endif
