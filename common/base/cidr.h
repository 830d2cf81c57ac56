/* cidr: lists of networks, and who they let in. RFC 4632; RFC 4291 section 2.3. Pure. */
#ifndef SOCKKIT_BASE_CIDR_H
#define SOCKKIT_BASE_CIDR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/addr.h"

/* ADDRESS or ADDRESS/BITS; host bits may be set. A network within ::ffff:0:0/96 is the IPv4 network
 * it maps. */
struct cidr {
    int family;
    unsigned bits;
    unsigned char net[16]; /* host bits cleared */
};

/* Lists grow at the end; {0} is empty. */
struct cidr_list {
    struct cidr *items;
    size_t count;
};

/* Adds CIDR[,CIDR]... to the list. Returns NULL, or what is wrong in static words (then the list is
 * as before). */
const char *cidr_list_add(struct cidr_list *list, const char *text);
void cidr_list_free(struct cidr_list *list);
/* A v4-mapped IPv6 address is matched as the IPv4 address it is. A Unix address matches nothing. */
bool cidr_list_has(const struct cidr_list *list, const struct addr *a);

/* --allow and --deny: deny wins; an allow list that is not empty denies the rest. */
struct access_list {
    struct cidr_list allow, deny;
};

bool access_allows(const struct access_list *access, const struct addr *a);

#endif
