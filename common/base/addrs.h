/* addrs: a list of socket addresses, none twice, in the order in which they are to be tried.
 * Pure. */
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
/* The first address of that family; NULL: there is none. The list's own. */
const struct addr *addrs_of_family(const struct addrs *list, int family);
/* Drops what is of no family that `model` has; an empty model drops nothing. */
void addrs_keep_families(struct addrs *list, const struct addrs *model);
/* The families by turns, each in its order, the first address still first (RFC 8305 section 4). */
void addrs_interleave(struct addrs *list);
/* Leaves the list empty. */
void addrs_free(struct addrs *list);

#endif
