#include "applets/udp/forward.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/udp/own_path.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/bind.h"
#include "common/net/sock.h"
#include "common/serve/hops.h"

#define CENSUS TEXT_NS_PER_S
#define ANSWER_LIMIT (2 * TEXT_NS_PER_S)
#define ITEMS_MOST ((size_t)2048)
#define SPARE 4 /* descriptors that are freed at a time: a look-up takes some, too */

struct flow {
    struct sender sender;
    struct forward *forward;
    struct dgram_socket socket; /* fd -1: none */
    struct watch watch;
    struct addr to;
    char *path;  /* of the socket, where it has one that must go */
    bool proven; /* the address did not refuse */
    bool owed;   /* an answer, since the last one */
};

static struct flow *of_sender(struct sender *s) { return container_of(s, struct flow, sender); }

static const char *name_of(const struct flow *w, char out[ADDR_TEXT]) {
    return addr_peer_text(&w->sender.peer, w->sender.pid, out);
}

/* --- what is lost --- */

static void tell(struct forward *f) {
    if (f->lost > f->lost_told)
        msg_note(0, "datagrams that could not be passed on: %llu so far",
                 (unsigned long long)f->lost);
    if (f->forgotten > f->forgotten_told)
        msg_note(0, "descriptors are short: who was silent for longest is forgotten, %llu so far",
                 (unsigned long long)f->forgotten);
    f->lost_told = f->lost;
    f->forgotten_told = f->forgotten;
}

static void census_due(struct timer *t) { tell(container_of(t, struct forward, census)); }

static void note_loss(struct forward *f) {
    if (!timer_running(&f->census)) timer_start(f->loop, &f->census, CENSUS, census_due);
}

static void lose(struct forward *f, size_t count) {
    f->lost += count;
    note_loss(f);
}

/* --- a flow's socket --- */

static void close_socket(struct flow *w) {
    if (w->socket.fd < 0) return;
    outbox_forget(&w->forward->outbox, &w->socket);
    watch_stop(&w->watch);
    sock_close(w->socket.fd);
    w->socket.fd = -1;
    own_path_remove(&w->path);
}

static void set_owed(struct flow *w, bool owed) {
    if (w->owed == owed) return;
    w->owed = owed;
    w->forward->owing += owed ? 1 : (size_t)-1;
}

static void forget(struct flow *w) {
    struct forward *f = w->forward;
    set_owed(w, false);
    close_socket(w);
    senders_remove(&f->senders, &w->sender);
    if (f->current == w) f->current = NULL;
    free(w);
}

/* Makes room where descriptors, or ports (connect(2), EAGAIN), are short: at the cost of others
 * alone. */
static bool forget_silent(struct forward *f, const struct sender *but) {
    size_t before = f->senders.count;
    for (int i = 0; i < SPARE && f->senders.silent && f->senders.silent != but; i++) {
        forget(of_sender(f->senders.silent));
        f->forgotten++;
    }
    note_loss(f);
    return f->senders.count < before;
}

/* A Unix socket needs a name to be answered at; Linux gives it an abstract one (unix(7)). */
static int give_name(struct flow *w, int fd) {
    const struct addr nameless = {.size = sizeof nameless.as.any.sa_family,
                                  .as.any.sa_family = AF_UNIX};
    struct cause cause = {0};
    if (addr_family(&w->to) != AF_UNIX || sock_bind(fd, &nameless) == 0) return 0;
    return own_path_bind(fd, &w->path, &cause);
}

static void target_ready(struct watch *watch, unsigned events);

/* -1 with errno. */
static int connect_socket(struct flow *w) {
    struct forward *f = w->forward;
    struct cause cause = {0};
    struct addr local;
    int fd = bind_socket(addr_family(&w->to), SOCK_DGRAM, f->options, &cause);
    if (fd < 0) return -1;
    if (give_name(w, fd) < 0 || sock_connect(fd, &w->to) < 0 || sock_local(fd, &local) < 0) {
        sock_close(fd);
        own_path_remove(&w->path);
        return -1;
    }
    dgram_prepare(&w->socket, fd, &local);
    if (f->counts) dgram_ask_ttl(&w->socket);
    watch_start(f->loop, &w->watch, fd, LOOP_READ, target_ready);
    w->proven = false;
    return 0;
}

static bool is_short(int error) { return sock_is_short(error) || error == EAGAIN; }

/* Connects to the address that is used now. False: there is none that takes it. */
static bool open_socket(struct flow *w) {
    struct forward *f = w->forward;
    for (size_t i = 0; i < upstream_tries(&f->upstream); i++) {
        const struct addr *to = upstream_address(&f->upstream);
        if (!to) return false;
        w->to = *to;
        if (connect_socket(w) == 0) return true;
        if (!is_short(errno))
            upstream_refused(&f->upstream, &w->to, errno);
        else if (!forget_silent(f, &w->sender))
            return false;
    }
    return false;
}

/* Has the socket moved to another address, where another is used by now. */
static bool is_open(struct flow *w) {
    const struct addr *to = upstream_address(&w->forward->upstream);
    if (w->socket.fd >= 0 && (!to || addr_equal(to, &w->to))) return true;
    close_socket(w);
    return open_socket(w);
}

/* --- to the server behind --- */

/* On this machine a refusal is known as soon as a datagram was sent. True: it was refused, and
 * another address can be tried. */
static bool was_refused(struct flow *w) {
    int error = 0;
    bool near = addr_is_loopback(&w->to) && upstream_has_other(&w->forward->upstream, &w->to);
    if (w->proven || !near) return false;
    sock_get(w->socket.fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR");
    w->proven = error == 0;
    if (error) upstream_refused(&w->forward->upstream, &w->to, error);
    return error;
}

/* Sends the first of them: how many are done with; 0: they are to be tried again. */
static size_t send_some(struct flow *w, const struct dgram *items, size_t count) {
    struct forward *f = w->forward;
    bool queued = outbox_waits(&f->outbox) && outbox_holds(&f->outbox, &w->socket, NULL);
    int n = queued ? -1 : dgram_send(f->batch, &w->socket, items, count);
    if (n > 0) return was_refused(w) ? 0 : (size_t)n;
    if (queued || dgram_full_now(errno)) {
        outbox_keep(&f->outbox, &w->socket, items);
        return 1;
    }
    if (errno != EMSGSIZE) { /* usually the refusal of an earlier one */
        upstream_refused(&f->upstream, &w->to, errno);
        return 0;
    }
    lose(f, 1);
    return 1;
}

static void send_all(struct flow *w, const struct dgram *items, size_t count) {
    size_t done = 0, tries = upstream_tries(&w->forward->upstream);
    while (done < count && tries > 0 && is_open(w)) {
        size_t n = send_some(w, items + done, count - done);
        done += n;
        if (n == 0) tries--;
    }
    if (done < count) lose(w->forward, count - done);
    if (done > 0) set_owed(w, true);
}

void forward_flush(struct forward *f) {
    struct flow *w = f->current;
    if (!w) return;
    f->current = NULL;
    send_all(w, f->items, f->count);
    f->count = 0;
}

static struct dgram *add_item(struct forward *f) {
    f->items = mem_grow(f->items, &f->capacity, f->count + 1, sizeof *f->items);
    return &f->items[f->count++];
}

static void expire(struct timer *t) {
    struct forward *f = container_of(t, struct forward, expiry);
    int64_t now = loop_now(f->loop);
    while (f->senders.count > 0 && now - f->senders.silent->heard >= f->idle) {
        char text[ADDR_TEXT];
        struct flow *w = of_sender(f->senders.silent);
        msg_note(1, "%s was silent: forgotten", name_of(w, text));
        forget(w);
    }
    if (f->senders.count > 0)
        timer_start(f->loop, t, f->senders.silent->heard + f->idle - now, expire);
}

static struct flow *meet(struct forward *f, struct dgram_door *door, const struct dgram *d) {
    char text[ADDR_TEXT];
    if (f->senders.count >= FORWARD_FLOWS) forget_silent(f, NULL);
    struct flow *w = mem_new(sizeof *w);
    w->forward = f;
    w->socket.fd = -1;
    senders_add(&f->senders, &w->sender, door, d);
    if (!timer_running(&f->expiry)) timer_start(f->loop, &f->expiry, f->idle, expire);
    msg_note(1, "%s is passed on to %s", name_of(w, text), f->upstream.text);
    return w;
}

void forward_put(struct forward *f, struct dgram_door *door, const struct dgram *d) {
    const struct sender *last = f->current ? &f->current->sender : NULL;
    bool same = last && last->door == door && addr_equal(&last->peer, d->peer) &&
                (!d->here || addr_same_host(&last->here, d->here));
    if (!same || f->count == ITEMS_MOST) {
        forward_flush(f);
        struct sender *sender = senders_find(&f->senders, door, d);
        f->current = sender ? of_sender(sender) : meet(f, door, d);
        senders_hear(&f->senders, &f->current->sender, d, loop_now(f->loop));
    }
    struct dgram *item = add_item(f);
    *item = (struct dgram){.bytes = d->bytes, .size = d->size, .ttl = hops_next(d->ttl)};
    f->counts |= d->ttl > 0;
}

/* --- back to the sender --- */

static void pass_back(struct flow *w, const struct dgram *items, size_t count) {
    struct forward *f = w->forward;
    f->count = 0;
    for (size_t i = 0; i < count; i++) {
        int ttl = hops_next(items[i].ttl);
        if (ttl < 0) continue;
        struct dgram *item = add_item(f);
        *item = sender_reply(&w->sender, items[i].bytes, items[i].size);
        item->ttl = ttl;
    }
    dgram_door_send(w->sender.door, f->items, f->count);
    f->count = 0;
}

static void waited(struct timer *t) {
    struct forward *f = container_of(t, struct forward, patience);
    f->finished(f);
}

static void target_ready(struct watch *watch, unsigned events) {
    struct flow *w = container_of(watch, struct flow, watch);
    struct forward *f = w->forward;
    const struct dgram *items;
    int n = dgram_receive(f->batch, &w->socket, &items);
    (void)events;
    if (n < 0) {
        if (!loop_not_yet(errno)) upstream_refused(&f->upstream, &w->to, errno);
        watch_stalled(watch);
        return;
    }
    w->proven = true;
    upstream_answered(&f->upstream);
    senders_hear(&f->senders, &w->sender, NULL, loop_now(f->loop));
    set_owed(w, false);
    pass_back(w, items, (size_t)n);
    if (f->finishing && f->owing == 0) timer_start(f->loop, &f->patience, 0, waited);
}

/* --- from start to end --- */

static void on_lost(struct outbox *o, const struct dgram *d, size_t count, int error) {
    (void)d, (void)error;
    lose(container_of(o, struct forward, outbox), count);
}

static void on_drained(struct outbox *o) { (void)o; }

int forward_start(struct forward *f, const struct net_name *target,
                  const struct listeners *listeners) {
    f->senders.by_here = true;
    f->batch = dgram_batch_new();
    f->outbox =
        (struct outbox){.loop = f->loop, .batch = f->batch, .lost = on_lost, .drained = on_drained};
    return upstream_start(&f->upstream, f->loop, target, listeners);
}

void forward_finish(struct forward *f) {
    f->finishing = true;
    timer_start(f->loop, &f->patience, ANSWER_LIMIT, waited);
}

void forward_stop(struct forward *f) {
    if (!forward_started(f)) return;
    tell(f);
    while (f->senders.count > 0) forget(of_sender(f->senders.silent));
    senders_free(&f->senders);
    struct timer *timers[] = {&f->expiry, &f->census, &f->patience};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) timer_stop(timers[i]);
    outbox_free(&f->outbox);
    upstream_stop(&f->upstream);
    dgram_batch_free(f->batch);
    free(f->items);
    f->batch = NULL;
}
