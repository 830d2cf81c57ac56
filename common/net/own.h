/* own: whether an address is one at which our own listeners can be reached. Under a wildcard those
 * are all addresses of the machine, as they were when own_find looked. */
#ifndef SOCKKIT_NET_OWN_H
#define SOCKKIT_NET_OWN_H

#include <stdbool.h>

#include "common/base/addrs.h"
#include "common/net/listen.h"

/* {0}: there are no listeners. */
struct own {
    const struct listeners *listeners; /* the caller's */
    struct addrs interfaces;
};

/* Asks the system, which takes calls that a sandbox denies. The listeners must outlast it. */
void own_find(struct own *o, const struct listeners *listeners);
/* A wildcard counts as an address too: what is sent there stays on this machine. */
bool own_has(const struct own *o, const struct addr *a);
void own_free(struct own *o);

#endif
