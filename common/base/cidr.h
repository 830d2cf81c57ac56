/* cidr: lists of networks, and who they let in. RFC 4632; RFC 4291 section 2.3. Pure. */
#ifndef SOCKKIT_BASE_CIDR_H
#define SOCKKIT_BASE_CIDR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/addr.h"

/* A network, written ADDRESS or ADDRESS/BITS. Host bits may be set in what is written. A network
 * within ::ffff:0:0/96 is kept as the IPv4 network that it maps. */
struct cidr {
    int family;
    unsigned bits;
    unsigned char net[16]; /* host bits cleared */
};

/* {0} is empty. */
struct cidr_list {
    struct cidr *items;
    size_t count;
};

/* Adds CIDR[,CIDR]... to the list, which its owner frees (items). Returns NULL; or static words
 * that say what is wrong, and the list is as before. */
const char *cidr_list_add(struct cidr_list *list, const char *text);

/* --allow and --deny: deny wins; an allow list that is not empty denies the rest. */
struct access_list {
    struct cidr_list allow, deny;
};

/* True when a peer with this address may be served. A v4-mapped IPv6 address counts as the IPv4
 * address it maps; a Unix address is in no network. */
bool access_allows(const struct access_list *access, const struct addr *a);

#endif
