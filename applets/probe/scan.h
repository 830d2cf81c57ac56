/* scan: many ports of many hosts at once. Names are looked up once for all ports of a host, every
 * address of a name is tried (RFC 8305), and no more sockets are open than the owner allows and the
 * system has descriptors for. */
#ifndef SOCKKIT_PROBE_SCAN_H
#define SOCKKIT_PROBE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/attempt.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/resolve.h"

struct scan;
struct scan_item;
struct scan_trial;

/* {0} but for the name, whose strings are the caller's; it lasts until scan_stop. */
struct scan_host {
    struct net_name name; /* its port is not used */
    /* found out: */
    struct addrs addrs; /* families by turns; owned (scan_host_free) */
    int64_t took;       /* ns, the last look-up; 0: none was needed */
    bool looked_up;     /* at least once */
    char *why;          /* it is not resolved; owned; NULL: it is */
    /* private */
    struct scan *scan;
    struct resolve resolve;
    int64_t known_at;

    enum { HOST_RESTS, HOST_QUEUED, HOST_RESOLVING } phase;
    struct scan_item *items, **items_end; /* that wait for the look-up */
    struct scan_host *next;
};

void scan_host_free(struct scan_host *h);

/* A port of a host, and what was found out last. */
struct scan_item {
    struct scan_host *host;
    void *owner; /* the caller's */
    uint16_t port;
    struct finding found; /* PORT_UNKNOWN: not yet */
    /* private */
    int64_t spent; /* ns of its limit, on the look-up */
    struct scan_item *next;
};

struct scan {
    /* the caller's, before scan_start */
    struct attempt_plan plan;
    int64_t timeout; /* ns, for the look-up and the attempts of an item together */
    size_t jobs;     /* sockets at once */
    void (*done)(struct scan *p, struct scan_item *i); /* the item's state is known */
    /* nothing can be probed at all; it has been stopped */
    void (*failed)(struct scan *p, const struct cause *cause);
    void (*resolved)(struct scan *p, const struct scan_host *h); /* after each look-up */
    /* private */
    size_t open, resolving;
    bool stopped;
    struct timer more;
    struct scan_item *items, **items_end; /* ready to be tried */
    struct scan_host *hosts, **hosts_end; /* to be resolved */
    struct scan_host *looked_up;          /* being resolved */
    struct scan_trial *trials, *idle;
};

void scan_start(struct scan *p);
/* Tries an item that is not being tried: `done` is called from the loop or before this returns. */
void scan_add(struct scan *p, struct scan_item *i);
/* Ends all attempts; an item that was being tried gets what is known so far, one that waited stays
 * as it was; `done` is not called. */
void scan_stop(struct scan *p);
/* For trial.c: a socket is free again; the queue goes on at the next turn of the loop, which does
 * not wait. */
void scan_wake(struct scan *p);

#endif
