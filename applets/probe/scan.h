/* probing: many ports of many hosts at once. Names are looked up once for all ports of a host, every address of a name is tried
 * (RFC 8305), and no more sockets are open than the owner allows and the system has descriptors for. */
#ifndef SOCKKIT_PROBE_SCAN_H
#define SOCKKIT_PROBE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/attempt.h"
#include "common/base/buf.h"
#include "common/loop/loop.h"
#include "common/base/msg.h"
#include "common/net/net.h"
#include "applets/probe/stats.h"

struct probing;
struct probing_item;
struct probing_trial;

/* {0} but for the name, whose strings are the caller's; it lasts until probing_stop. */
struct probing_host {
    struct net_name name; /* its port is not used */
    /* found out: */
    struct net_addrs addrs; /* families by turns; owned (probing_host_free) */
    int64_t took;           /* ns, the last look-up; 0: none was needed */
    bool looked_up;         /* at least once */
    char *why;              /* it is not resolved; owned; NULL: it is */
    /* private */
    struct probing *probing;
    struct net_resolve resolve;
    int64_t known_at;
    enum { HOST_RESTS, HOST_QUEUED, HOST_RESOLVING } phase;
    struct probing_item *items, **items_end; /* that wait for the look-up */
    struct probing_host *next;
};
void probing_host_free(struct probing_host *h);

/* A port of a host, and what was found out last. */
struct probing_item {
    struct probing_host *host;
    void *owner;           /* the caller's */
    uint16_t port;
    enum port_state state; /* PORT_UNKNOWN: not yet */
    int error;             /* errno; 0: none */
    int64_t took;          /* ns, the look-up not counted */
    char *banner;          /* the first line of the answer, without its end; owned (probing_item_clear); NULL: none */
    size_t banner_size;
    /* private */
    int64_t spent; /* ns of its limit, on the look-up */
    struct probing_item *next;
};
/* As it was before it was probed. */
void probing_item_clear(struct probing_item *i);

struct probing {
    /* the caller's, before probing_start */
    struct attempt_plan plan;
    int64_t timeout; /* ns, for the look-up and the attempts of an item together */
    size_t jobs;     /* sockets at once */
    void (*done)(struct probing *p, struct probing_item *i);              /* the item's state is known */
    void (*failed)(struct probing *p, const struct cause *cause);         /* nothing can be probed at all; it has been stopped */
    void (*resolved)(struct probing *p, const struct probing_host *h);    /* after each look-up */
    /* private */
    size_t open, resolving;
    bool stopped;
    struct timer more;
    struct probing_item *items, **items_end; /* ready to be tried */
    struct probing_host *hosts, **hosts_end; /* to be resolved */
    struct probing_host *looked_up;          /* being resolved */
    struct probing_trial *trials, *idle;
};

void probing_start(struct probing *p);
/* Tries an item that is not being tried: `done` is called from the loop or before this returns. */
void probing_add(struct probing *p, struct probing_item *i);
/* Ends all attempts; an item that was being tried gets what is known so far, one that waited stays as it was; `done` is not called. */
void probing_stop(struct probing *p);

/* --- results as people and programs read them (probing_text.c; pure) --- */

enum probing_format {
    PROBING_TABS,
    PROBING_TABLE, /* the first column is `width` columns wide */
    PROBING_JSON,
};
const char *probing_state(const struct probing_item *i); /* "open", "no-answer", ... */
const char *probing_name(const struct probing_item *i, char out[NET_NAME_TEXT]);
/* The columns that the name takes where it is shown. */
int probing_width(const struct probing_item *i);
/* A line, to the end of out: HOST:PORT, state, time, banner. */
void probing_put(struct buf *out, const struct probing_item *i, enum probing_format format, int width);
/* The summary of so many rounds (not 0); s: of the times (ns) of those that found it open. */
void probing_put_summary(struct buf *out, const struct probing_item *i, uint64_t rounds, const struct stats *s,
                         enum probing_format format, int width);

/* --- between probing.c (hosts, the queue) and probing_trial.c (the addresses of one item) --- */

void trial_begin(struct probing *p, struct probing_item *i);
void trial_stop_all(struct probing *p);
/* The queue goes on at the next turn of the loop, which does not wait. */
void probing_wake(struct probing *p);

#endif
