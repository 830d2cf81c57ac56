/* addrs: a list of socket addresses, none twice, in the order in which they are to be tried. Pure.
 */
#ifndef SOCKKIT_BASE_ADDRS_H
#define SOCKKIT_BASE_ADDRS_H

#include <stddef.h>

#include "common/base/addr.h"

/* {0} is empty. */
struct addrs {
    struct addr *items; /* owned */
    size_t count;
};

/* Adds a copy of the address at the end, unless the list has it. */
void addrs_add(struct addrs *list, const struct addr *a);
/* Leaves the list empty. */
void addrs_free(struct addrs *list);

#endif
