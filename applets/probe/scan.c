#include "applets/probe/scan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "applets/probe/trial.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"

#define LOOK_UPS 32           /* at once: each is a process */
#define TURN 512              /* items before other events have their turn */
#define MANY 64               /* items: a scan, not a question */
#define KEPT_FREE ((size_t)8) /* descriptors, for a look-up's own needs */

/* --- hosts --- */

struct look_up {
    struct resolve resolve;
    struct host *host;
    bool waited; /* it was not over at once */
};

static bool needs_look_up(const struct scan *s, const struct host *h, const struct item *i) {
    bool stale = h->took && !item_is_open(i) && loop_clock() - h->known_at > s->fresh;
    return !h->looked_up || h->why || stale;
}

static void append(struct scan *s, struct item *i) {
    i->queued = NULL;
    *s->items_end = i;
    s->items_end = &i->queued;
}

/* That a proxy cannot be resolved says nothing of those behind it. */
static void give_up_item(struct scan *s, struct item *i) {
    const struct host *via = item_target(i)->via;
    finding_clear(&i->found);
    i->found = (struct finding){.state = via ? PORT_NO_ANSWER : PORT_UNRESOLVED,
                                .took = i->spent,
                                .why = via ? mem_copy(via->why) : NULL};
    if (!s->stopped) s->done(s, i);
}

/* The host's items go on: to be tried, or they are done. The host may go with the last of them. */
static void release_items(struct scan *s, struct host *h) {
    struct item *next, *i = h->items;
    bool resolved = !h->why;
    int64_t took = h->took;
    h->items = NULL;
    h->items_end = &h->items;
    for (; i; i = next) {
        next = i->queued;
        i->spent = took;
        if (resolved)
            append(s, i);
        else
            give_up_item(s, i);
    }
}

static void leave(struct scan *s, struct host *h) {
    struct host **at = &s->looked_up;
    while (*at != h) at = &(*at)->next;
    *at = h->next;
    h->phase = HOST_RESTS;
}

static void host_resolved(struct resolve *r, const struct cause *failure) {
    struct look_up *l = container_of(r, struct look_up, resolve);
    struct host *h = l->host;
    struct scan *s = h->scan;
    int64_t now = loop_clock();
    s->open--;
    s->resolving--;
    h->took = l->waited ? now - h->known_at : 0;
    h->known_at = now;
    leave(s, h);
    host_clear(h);
    h->looked_up = true;
    h->addrs = r->addrs;
    h->look_up = NULL;
    free(l);
    if (failure) h->why = mem_copy(failure->text);
    addrs_interleave(&h->addrs);
    s->resolved(s, h);
    release_items(s, h);
    scan_wake(s);
}

static void look_up(struct scan *s) {
    struct host *h = s->hosts;
    struct look_up *l = mem_new(sizeof *l);
    s->hosts = h->next;
    if (!s->hosts) s->hosts_end = &s->hosts;
    s->open++;
    s->resolving++;
    l->host = h;
    h->look_up = l;
    h->scan = s;
    h->next = s->looked_up;
    s->looked_up = h;
    h->known_at = loop_clock();
    h->phase = HOST_RESOLVING;
    resolve_start(s->plan.loop, &l->resolve, &h->name, s->timeout, host_resolved);
    if (s->looked_up == h) l->waited = true; /* else it is over, and the host may be gone */
}

static void add_to_host(struct scan *s, struct host *h, struct item *i) {
    i->queued = NULL;
    *h->items_end = i;
    h->items_end = &i->queued;
    if (h->phase != HOST_RESTS) return;
    h->phase = HOST_QUEUED;
    h->next = NULL;
    *s->hosts_end = h;
    s->hosts_end = &h->next;
}

static void stop_host(struct scan *s, struct host *h, bool tell) {
    if (h->look_up) resolve_stop(&h->look_up->resolve);
    free(h->look_up);
    h->look_up = NULL;
    h->phase = HOST_RESTS;
    if (h->looked_up || !tell) return;
    h->why = mem_format(tr("cannot resolve %s: timed out"), host_word(&h->name));
    release_items(s, h);
}

/* --- the queue --- */

static void fill(struct timer *t) {
    struct scan *s = container_of(t, struct scan, filling);
    for (int n = 0; s->open < s->jobs && !s->stopped; n++) {
        if (n == TURN) {
            scan_wake(s);
            return;
        }
        if (s->hosts && s->resolving < LOOK_UPS) {
            look_up(s);
            continue;
        }
        if (!s->items && !s->more(s)) return;
        struct item *i = s->items;
        if (!i) continue;
        s->items = i->queued;
        if (!s->items) s->items_end = &s->items;
        if (++s->begun == MANY && s->once && !sock_tracing()) attempt_plan_share(&s->plan);
        trial_begin(s, i);
    }
}

void scan_wake(struct scan *s) {
    if (!s->stopped && !timer_running(&s->filling)) timer_start(s->plan.loop, &s->filling, 1, fill);
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

void scan_start(struct scan *s) {
    size_t most = free_descriptors();
    if (s->jobs > most) s->jobs = most;
    s->items_end = &s->items;
    s->hosts_end = &s->hosts;
}

void scan_add(struct scan *s, struct item *i) {
    struct host *h = item_route(i);
    if (s->stopped) return;
    i->spent = 0;
    if (h && (h->phase != HOST_RESTS || needs_look_up(s, h, i)))
        add_to_host(s, h, i);
    else
        append(s, i);
    scan_wake(s);
}

void scan_stop(struct scan *s, bool tell) {
    if (s->stopped) return;
    s->stopped = true;
    timer_stop(&s->filling);
    trial_stop_all(s, tell);
    for (struct host *h = s->looked_up; h; h = h->next) stop_host(s, h, tell);
    for (struct host *h = s->hosts; h; h = h->next) stop_host(s, h, tell);
    attempt_plan_free(&s->plan);
    free(s->idle);
    s->idle = NULL;
}
