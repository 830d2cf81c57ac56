#include "applets/probe/scan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "applets/probe/trial.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"

/* an address that is older, and failed, is looked up again */
#define FRESH TEXT_NS_PER_S
#define LOOK_UPS 32           /* at once: each is a process */
#define TURN 512              /* items before other events have their turn */
#define KEPT_FREE ((size_t)8) /* descriptors, for a look-up's own needs */

/* --- hosts --- */

static bool needs_look_up(const struct scan_host *h, const struct scan_item *i) {
    return !h->looked_up || h->why ||
           (h->took && i->found.state > PORT_OPEN && loop_clock() - h->known_at > FRESH);
}

static void append(struct scan *p, struct scan_item *i) {
    i->next = NULL;
    *p->items_end = i;
    p->items_end = &i->next;
}

/* The host's items go on: to be tried, or they are done. */
static void release_items(struct scan *p, struct scan_host *h) {
    struct scan_item *next, *i = h->items;
    h->items = NULL;
    h->items_end = &h->items;
    for (; i; i = next) {
        next = i->next;
        i->spent = h->took;
        if (!h->why) {
            append(p, i);
            continue;
        }
        finding_clear(&i->found);
        i->found = (struct finding){.state = PORT_UNRESOLVED, .took = h->took};
        if (!p->stopped) p->done(p, i);
    }
}

static void leave(struct scan *p, struct scan_host *h) {
    struct scan_host **at = &p->looked_up;
    while (*at != h) at = &(*at)->next;
    *at = h->next;
    h->phase = HOST_RESTS;
}

static void host_resolved(struct resolve *r, const struct cause *failure) {
    struct scan_host *h = container_of(r, struct scan_host, resolve);
    struct scan *p = h->scan;
    int64_t now = loop_clock();
    p->open--;
    p->resolving--;
    h->took = h->phase == HOST_RESOLVING ? now - h->known_at : 0;
    h->known_at = now;
    leave(p, h);
    h->looked_up = true;
    scan_host_free(h);
    h->addrs = r->addrs;
    r->addrs = (struct addrs){NULL, 0};
    if (failure) h->why = mem_copy(failure->text);
    addrs_interleave(&h->addrs);
    p->resolved(p, h);
    release_items(p, h);
    scan_wake(p);
}

static void resolve(struct scan *p) {
    struct scan_host *h = p->hosts;
    p->hosts = h->next;
    if (!p->hosts) p->hosts_end = &p->hosts;
    p->open++;
    p->resolving++;
    h->scan = p;
    h->next = p->looked_up;
    p->looked_up = h;
    h->known_at = loop_clock();
    resolve_start(p->plan.loop, &h->resolve, &h->name, p->timeout, host_resolved);
    if (h->phase == HOST_QUEUED) h->phase = HOST_RESOLVING;
}

static void add_to_host(struct scan *p, struct scan_host *h, struct scan_item *i) {
    if (!h->items) h->items_end = &h->items;
    i->next = NULL;
    *h->items_end = i;
    h->items_end = &i->next;
    if (h->phase != HOST_RESTS) return;
    h->phase = HOST_QUEUED;
    h->next = NULL;
    *p->hosts_end = h;
    p->hosts_end = &h->next;
}

void scan_host_free(struct scan_host *h) {
    addrs_free(&h->addrs);
    free(h->why);
    h->why = NULL;
}

/* --- the queue --- */

static void fill(struct timer *t) {
    struct scan *p = container_of(t, struct scan, more);
    while (p->hosts && p->open < p->jobs && p->resolving < LOOK_UPS) resolve(p);
    for (int n = 0; p->items && p->open < p->jobs && !p->stopped; n++) {
        struct scan_item *i = p->items;
        if (n == TURN) {
            scan_wake(p);
            return;
        }
        p->items = i->next;
        if (!p->items) p->items_end = &p->items;
        trial_begin(p, i);
    }
}

void scan_wake(struct scan *p) {
    if (!p->stopped && !timer_running(&p->more) && (p->items || p->hosts))
        timer_start(p->plan.loop, &p->more, 1, fill);
}

/* The lowest free one tells how many are in use, all but those that somebody left far above. */
static size_t free_descriptors(void) {
    struct rlimit limit;
    int lowest = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    if (lowest < 0) return 1;
    close(lowest);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
    size_t count =
        (size_t)limit.rlim_cur > (size_t)lowest ? (size_t)limit.rlim_cur - (size_t)lowest : 1;
    return count > 2 * KEPT_FREE ? count - KEPT_FREE : (count + 1) / 2;
}

void scan_start(struct scan *p) {
    size_t most = free_descriptors();
    if (p->jobs > most) p->jobs = most;
    p->items_end = &p->items;
    p->hosts_end = &p->hosts;
}

void scan_add(struct scan *p, struct scan_item *i) {
    if (p->stopped) return;
    i->spent = 0;
    if (i->host->phase != HOST_RESTS || needs_look_up(i->host, i))
        add_to_host(p, i->host, i);
    else
        append(p, i);
    scan_wake(p);
}

static void stop_host(struct scan *p, struct scan_host *h) {
    if (h->phase == HOST_RESOLVING) resolve_stop(&h->resolve);
    h->phase = HOST_RESTS;
    if (!h->looked_up)
        h->why =
            mem_format("cannot resolve %s: timed out", h->name.host ? h->name.host : "localhost");
    if (!h->looked_up) release_items(p, h);
}

void scan_stop(struct scan *p) {
    p->stopped = true;
    timer_stop(&p->more);
    trial_stop_all(p);
    for (struct scan_host *h = p->looked_up; h; h = h->next) stop_host(p, h);
    for (struct scan_host *h = p->hosts; h; h = h->next) stop_host(p, h);
    attempt_plan_free(&p->plan);
    free(p->idle);
    p->idle = NULL;
}
