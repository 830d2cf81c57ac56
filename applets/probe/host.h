/* host: a name and its addresses; one for all targets that name it, as long as there is one. */
#ifndef SOCKKIT_PROBE_HOST_H
#define SOCKKIT_PROBE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addrs.h"
#include "common/net/name.h"

struct item;
struct look_up;
struct scan;

struct host {
    struct net_name name; /* its strings are the host's; its port is not used */
    size_t users;
    struct host *alike; /* in the table */
    /* The last look-up. */
    struct addrs addrs; /* families by turns */
    int64_t took;       /* ns; 0: none was needed */
    int64_t known_at;   /* when it ended; while it lasts, when it began */
    bool looked_up;     /* there was one */
    char *why;          /* it failed; NULL: it did not */
    /* The owner's: a failure that is in the verdict; what was narrated last (owned). */
    bool told;
    char *narrated;

    /* The scan's. */
    enum { HOST_RESTS, HOST_QUEUED, HOST_RESOLVING } phase;
    struct scan *scan;
    struct look_up *look_up;         /* while it is resolving */
    struct item *items, **items_end; /* that wait for it */
    struct host *next;
};

/* All hosts that are in use. {0} is empty. */
#define HOST_BUCKETS 4096

struct host_table {
    struct host *buckets[HOST_BUCKETS];
};

/* The host of that name, made if need be (its strings are copied), with one user more. */
struct host *host_of(struct host_table *table, const struct net_name *name);
/* One user less; the last one's host is freed. It is not being looked up. */
void host_release(struct host_table *table, struct host *h);
/* Forgets the addresses. */
void host_clear(struct host *h);

/* "localhost" where it is left out, the path of a Unix socket. */
const char *host_word(const struct net_name *name);

#endif
