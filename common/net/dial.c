#include "common/net/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define STAGGER (250 * TEXT_NS_PER_MS)   /* RFC 8305 section 5, Connection Attempt Delay */
#define FULL_AGAIN (20 * TEXT_NS_PER_MS) /* a full backlog is tried again */

struct dial_attempt {
    struct dial_attempt *next;
    struct dial *dial;
    struct watch watch;
    struct addr to;
    int64_t since;
};

/* --- the end --- */

static void drop(struct dial_attempt *a, int why) {
    int fd = a->watch.fd;
    watch_stop(&a->watch);
    if (fd >= 0) sock_give_up(fd, &a->to, a->since, why);
    free(a);
}

static void drop_all(struct dial *d, int why) {
    while (d->attempts) {
        struct dial_attempt *a = d->attempts;
        d->attempts = a->next;
        drop(a, why);
    }
}

static void stop(struct dial *d, int why) {
    resolve_stop(&d->resolve);
    timer_stop(&d->stagger);
    timer_stop(&d->limit);
    drop_all(d, why);
    addrs_free(&d->addrs);
    addrs_free(&d->sources);
}

void dial_stop(struct dial *d) { stop(d, ECANCELED); }

static void finish(struct dial *d, int fd, const struct cause *failure) {
    stop(d, failure && failure->status == STATUS_TIMEOUT ? ETIMEDOUT : ECANCELED);
    d->done(d, fd, failure);
}

static const char *hint(const struct net_name *name, const struct addr *to, int error) {
    if (error == ECONNREFUSED) return " (is a server listening there?)";
    if (error == ENOENT && name->path) return " (is a server listening there?)";
    if (error == EPROTOTYPE) return " (a socket for datagrams, not for connections)";
    if (error == ENETUNREACH) return " (no route; try -4 or -6)";
    if (error == EADDRNOTAVAIL)
        return " (no free source port, or the address is not this machine's)";
    return addr_hint(to, error);
}

/* A family that is missing here says less than what any host answered; else the first failure is
 * the one to tell. */
static void note_failure(struct dial *d, const struct addr *to, int error) {
    char text[NET_NAME_TEXT];
    bool weak = error == ENETUNREACH || error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
    if (d->failure.text[0] && (weak || !d->weak)) return;
    d->weak = weak;
    cause_set(&d->failure, error == ETIMEDOUT ? STATUS_TIMEOUT : STATUS_UNCONNECTED,
              "cannot connect to %s: %s%s", net_name_text(&d->name, text), strerror(error),
              hint(&d->name, to, error));
}

/* --- attempts --- */

static void launch(struct dial *d);

/* A connection that met itself: source and destination are the same (RFC 9293, simultaneous open).
 */
static bool is_self(int fd, const struct addr *to) {
    struct addr local;
    if (addr_family(to) == AF_UNIX || addr_port(to) < 1024) return false;
    return sock_local(fd, &local) == 0 && addr_equal(&local, to);
}

static void attempt_over(struct dial *d, int fd, const struct addr *to, int error) {
    if (!error && is_self(fd, to)) {
        sock_abort(fd);
        fd = -1;
        error = ECONNREFUSED;
    }
    if (!error) {
        if (addr_family(to) != AF_UNIX && d->name.type == SOCK_STREAM &&
            !sockopt_given(d->options, "nodelay"))
            sock_set(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
        d->peer = *to;
        finish(d, fd, NULL);
        return;
    }
    if (fd >= 0) sock_close(fd);
    note_failure(d, to, error);
    launch(d);
}

static void attempt_ready(struct watch *w, unsigned events) {
    struct dial_attempt *a = container_of(w, struct dial_attempt, watch), **at;
    struct dial *d = a->dial;
    struct addr to = a->to;
    int fd = w->fd;
    (void)events;
    for (at = &d->attempts; *at != a; at = &(*at)->next) continue;
    *at = a->next;
    watch_stop(w);
    int error = sock_connected(fd, &to, a->since) < 0 ? errno : 0;
    free(a);
    attempt_over(d, fd, &to, error);
}

static const struct addr *source_for(const struct dial *d, int family) {
    for (size_t i = 0; i < d->sources.count; i++)
        if (addr_family(&d->sources.items[i]) == family) return &d->sources.items[i];
    return NULL;
}

static void bind_failure(struct dial *d, const struct addr *source) {
    char text[ADDR_TEXT], owner[SYSINFO_OWNER];
    int error = errno;
    bool known = error == EADDRINUSE && sysinfo_owner(d->name.type, source, owner);
    cause_set(&d->failure, STATUS_UNBOUND, "cannot bind to %s: %s%s%s%s", addr_text(source, text),
              strerror(error), known ? " (" : "",
              known                    ? owner
              : error == EADDRNOTAVAIL ? " (not an address of this machine)"
                                       : "",
              known ? ")" : "");
}

/* A socket with its options, bound where asked. -1 with d->failure set. */
static int prepare(struct dial *d, const struct addr *to) {
    const struct addr *source = source_for(d, addr_family(to));
    int fd = sock_open(addr_family(to), d->name.type);
    if (fd < 0) {
        note_failure(d, to, errno);
        return -1;
    }
    if (source && addr_port(source) && !sockopt_given(d->options, "reuseaddr"))
        sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    if (sockopt_apply(d->options, fd, addr_family(to), &d->failure) < 0) {
        sock_close(fd);
        return -1;
    }
    if (source && sock_bind(fd, source) < 0) {
        bind_failure(d, source);
        sock_close(fd);
        return -1;
    }
    return fd;
}

static void stagger_over(struct timer *t) { launch(container_of(t, struct dial, stagger)); }

/* Begins to connect to one address. True: it is pending. */
static void attempt(struct dial *d, const struct addr *to) {
    int64_t since = loop_now(d->loop);
    int fd = prepare(d, to);
    if (fd < 0) {
        launch(d);
        return;
    }
    if (sock_connect(fd, to) == 0) {
        attempt_over(d, fd, to, 0);
        return;
    }
    /* its backlog is full, and no event will tell that it is not */
    if (errno == EAGAIN && addr_family(to) == AF_UNIX) {
        sock_close(fd);
        d->next--;
        timer_start(d->loop, &d->stagger, FULL_AGAIN, stagger_over);
        return;
    }
    if (errno != EINPROGRESS) {
        attempt_over(d, fd, to, errno);
        return;
    }
    struct dial_attempt *a = mem_new(sizeof *a);
    *a = (struct dial_attempt){.next = d->attempts, .dial = d, .to = *to, .since = since};
    d->attempts = a;
    watch_start(d->loop, &a->watch, fd, LOOP_WRITE, attempt_ready);
}

/* The next address, or the end when none is left and none is pending. */
static void launch(struct dial *d) {
    if (d->next < d->addrs.count) {
        struct addr to = d->addrs.items[d->next++];
        if (d->next < d->addrs.count) timer_start(d->loop, &d->stagger, STAGGER, stagger_over);
        attempt(d, &to);
    } else if (!d->attempts) {
        finish(d, -1, &d->failure);
    }
}

/* --- addresses --- */

static bool usable(const struct dial *d, const struct addr *a) {
    return !d->has_source || source_for(d, addr_family(a));
}

/* RFC 8305 section 4: the order of the look-up, but the families by turns. */
static void interleave(struct dial *d, const struct addrs *from) {
    size_t taken[2] = {0, 0};
    int first = from->count ? addr_family(&from->items[0]) : AF_INET6;
    d->addrs.items = mem_resize(NULL, from->count ? from->count : 1, sizeof *d->addrs.items);
    for (bool more = true; more;) {
        more = false;
        for (int turn = 0; turn < 2; turn++) {
            size_t *i = &taken[turn];
            while (*i < from->count && (((addr_family(&from->items[*i]) == first) != (turn == 0)) ||
                                        !usable(d, &from->items[*i])))
                ++*i;
            if (*i >= from->count) continue;
            d->addrs.items[d->addrs.count++] = from->items[(*i)++];
            more = true;
        }
    }
}

static void target_resolved(struct resolve *r, const struct cause *failure) {
    struct dial *d = container_of(r, struct dial, resolve);
    struct addrs found = r->addrs;
    r->addrs = (struct addrs){NULL, 0};
    if (failure) {
        finish(d, -1, failure);
        return;
    }
    interleave(d, &found);
    addrs_free(&found);
    if (d->addrs.count == 0)
        cause_set(&d->failure, STATUS_UNCONNECTED,
                  "cannot connect to %s: it has no address of the family of the source %s",
                  d->name.host ? d->name.host : "localhost", d->source_name.host);
    launch(d);
}

static void source_resolved(struct resolve *r, const struct cause *failure) {
    struct dial *d = container_of(r, struct dial, resolve);
    d->sources = r->addrs;
    r->addrs = (struct addrs){NULL, 0};
    if (failure)
        finish(d, -1, failure);
    else
        resolve_start(d->loop, &d->resolve, &d->name, INT64_MAX, target_resolved);
}

static void limit_over(struct timer *t) {
    struct dial *d = container_of(t, struct dial, limit);
    char text[NET_NAME_TEXT];
    bool resolving = d->addrs.count == 0;
    cause_set(&d->failure, STATUS_TIMEOUT,
              resolving ? "cannot resolve %s: timed out" : "cannot connect to %s: timed out",
              /* it may be the source */
              resolving ? d->resolve.name.host : net_name_text(&d->name, text));
    finish(d, -1, &d->failure);
}

void dial_start(struct loop *loop, struct dial *d, const struct net_name *name,
                const struct net_name *source, const struct sockopt_list *options, int64_t limit,
                void (*done)(struct dial *d, int fd, const struct cause *failure)) {
    *d = (struct dial){
        .loop = loop, .name = *name, .options = options, .done = done, .has_source = source};
    if (limit != INT64_MAX) timer_start(loop, &d->limit, limit, limit_over);
    if (source) {
        d->source_name = *source;
        resolve_start(loop, &d->resolve, source, INT64_MAX, source_resolved);
    } else {
        resolve_start(loop, &d->resolve, name, INT64_MAX, target_resolved);
    }
}

struct waiting {
    struct dial dial;
    struct cause *cause;
    int fd;
    bool over, running;
};

static void wait_over(struct dial *d, int fd, const struct cause *failure) {
    struct waiting *w = container_of(d, struct waiting, dial);
    w->fd = fd;
    w->over = true;
    if (failure) *w->cause = *failure;
    if (w->running) loop_stop(d->loop);
}

int dial_wait(struct loop *loop, const struct net_name *name, const struct net_name *source,
              const struct sockopt_list *options, int64_t limit, struct addr *peer,
              struct cause *cause) {
    struct waiting w = {.cause = cause, .fd = -1};
    cause->text[0] = 0;
    dial_start(loop, &w.dial, name, source, options, limit, wait_over);
    w.running = !w.over;
    if (w.running) loop_run(loop);
    if (!w.over) dial_stop(&w.dial);
    *peer = w.dial.peer;
    return w.fd;
}
