/* scan: many items at once. Names are looked up once for all items of a host, every address of a
 * name is tried (RFC 8305), and no more sockets are open than the owner allows and the system has
 * descriptors for. */
#ifndef SOCKKIT_PROBE_SCAN_H
#define SOCKKIT_PROBE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/attempt.h"
#include "applets/probe/exclude.h"
#include "applets/probe/item.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"

struct trial;

/* {0} but for what the owner sets before scan_start: all that is not private. */
struct scan {
    struct attempt_plan plan;
    int64_t timeout; /* ns, for the look-up and the attempts of an item together */
    size_t jobs;     /* sockets and look-ups at once */
    /* ns after which the addresses of a name are looked up again when an item that was not open is
     * tried again */
    int64_t fresh;
    bool once;                     /* no item is tried again */
    const struct exclude *exclude; /* addresses that names must not lead to */
    /* The item's state is known. */
    void (*done)(struct scan *s, struct item *i);
    /* There is room for more: the owner may add some. False: it has none now. */
    bool (*more)(struct scan *s);
    /* Nothing can be probed at all; it has been stopped. */
    void (*failed)(struct scan *s, const struct cause *cause);
    void (*resolved)(struct scan *s, struct host *h); /* after each look-up */
    /* private */
    size_t open, resolving, begun;
    bool stopped;
    struct timer filling;
    struct item *items, **items_end; /* ready to be tried */
    struct host *hosts, **hosts_end; /* to be resolved */
    struct host *looked_up;          /* being resolved */
    struct trial *trials, *idle;
};

void scan_start(struct scan *s);
/* Tries an item that is not being tried: `done` is called from the loop or before this returns. */
void scan_add(struct scan *s, struct item *i);
/* The queue goes on at the next turn of the loop, which does not wait: a socket is free again, or
 * the owner has more. */
void scan_wake(struct scan *s);
/* Ends all attempts; `done` is not called. With `tell` an item that was being tried gets what is
 * known so far; otherwise it stays as it was, as does one that waited. */
void scan_stop(struct scan *s, bool tell);

#endif
