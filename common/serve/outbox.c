#include "common/serve/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define PAUSE_MOST (32 * DGRAM_PAUSE)

struct outbox_queue {
    struct dgram_socket *socket;
    struct addr peer;   /* of the first; of all, on a Unix socket */
    struct buf records; /* a struct record and the bytes of each */
    size_t count;
    int64_t moved; /* when one left last, or came first */
};

struct record {
    struct addr peer, here; /* size 0: none */
    int ttl;
    pid_t pid;
    size_t size;
};

/* --- records --- */

/* The first of a queue; *r is what the datagram points to. */
static struct dgram first_of(const struct outbox_queue *q, struct record *r) {
    memcpy(r, buf_at(&q->records), sizeof *r);
    return (struct dgram){.bytes = buf_at(&q->records) + sizeof *r,
                          .size = r->size,
                          .peer = r->peer.size ? &r->peer : NULL,
                          .here = r->here.size ? &r->here : NULL,
                          .ttl = r->ttl,
                          .pid = r->pid};
}

static void put_record(struct outbox *o, struct outbox_queue *q, const struct dgram *d) {
    struct record r = {.ttl = d->ttl, .pid = d->pid, .size = d->size};
    if (d->peer) r.peer = *d->peer;
    if (d->here) r.here = *d->here;
    buf_put(&q->records, &r, sizeof r);
    buf_put(&q->records, d->bytes, d->size);
    q->count++;
    o->bytes += sizeof r + d->size;
}

static void drop_record(struct outbox *o, struct outbox_queue *q, size_t size) {
    buf_drop(&q->records, sizeof(struct record) + size);
    q->count--;
    o->bytes -= sizeof(struct record) + size;
}

/* --- queues --- */

static bool is_for(const struct outbox_queue *q, const struct dgram_socket *s,
                   const struct addr *peer) {
    return q->socket == s && (!peer || s->family != AF_UNIX || addr_equal(&q->peer, peer));
}

static struct outbox_queue *find(const struct outbox *o, const struct dgram_socket *s,
                                 const struct addr *peer) {
    for (size_t i = 0; i < o->count; i++)
        if (is_for(&o->queues[i], s, peer)) return &o->queues[i];
    return NULL;
}

static struct outbox_queue *add_queue(struct outbox *o, struct dgram_socket *s,
                                      const struct addr *peer) {
    if (o->count == OUTBOX_QUEUES) return NULL;
    o->queues = mem_grow(o->queues, &o->capacity, o->count + 1, sizeof *o->queues);
    struct outbox_queue *q = &o->queues[o->count++];
    *q = (struct outbox_queue){.socket = s, .moved = loop_now(o->loop)};
    if (peer) q->peer = *peer;
    return q;
}

static void remove_queue(struct outbox *o, size_t i) {
    o->bytes -= o->queues[i].records.size;
    buf_free(&o->queues[i].records);
    o->queues[i] = o->queues[--o->count];
}

/* --- trying again --- */

/* Sends what goes. False: the rest has to wait. */
static bool empty(struct outbox *o, struct outbox_queue *q) {
    struct record r;
    while (q->count > 0) {
        struct dgram d = first_of(q, &r);
        bool sent = dgram_send(o->batch, q->socket, &d, 1) > 0;
        if (!sent && dgram_full_now(errno)) return false;
        if (!sent)
            o->lost(o, &d, 1, errno);
        else if (o->sent)
            o->sent(o, &d);
        drop_record(o, q, r.size);
        q->moved = loop_now(o->loop);
    }
    return true;
}

/* False: it has been tried for too long. */
static bool has_patience(struct outbox *o, const struct outbox_queue *q) {
    struct record r;
    if (loop_now(o->loop) - q->moved < OUTBOX_PATIENCE) return true;
    struct dgram d = first_of(q, &r);
    o->lost(o, &d, q->count, EAGAIN);
    return false;
}

static void try_again(struct timer *t);

static void pause_for(struct outbox *o, int64_t pause) {
    o->pause = pause < PAUSE_MOST ? pause : PAUSE_MOST;
    timer_start(o->loop, &o->retry, o->pause, try_again);
}

static void try_again(struct timer *t) {
    struct outbox *o = container_of(t, struct outbox, retry);
    size_t before = o->bytes;
    for (size_t i = o->count; i-- > 0;)
        if (empty(o, &o->queues[i]) || !has_patience(o, &o->queues[i])) remove_queue(o, i);
    if (o->count > 0)
        pause_for(o, o->bytes < before ? DGRAM_PAUSE : 2 * o->pause);
    else
        o->drained(o);
}

/* --- the outbox --- */

bool outbox_holds(const struct outbox *o, const struct dgram_socket *s, const struct addr *peer) {
    return find(o, s, peer) != NULL;
}

void outbox_keep(struct outbox *o, struct dgram_socket *s, const struct dgram *d) {
    struct outbox_queue *q = find(o, s, d->peer);
    bool one_peer = s->family == AF_UNIX;
    size_t size = sizeof(struct record) + d->size;
    bool fits = o->bytes + size <= OUTBOX_MOST &&
                (!q || !one_peer || q->records.size + size <= OUTBOX_PEER_MOST);
    if (fits && !q) q = add_queue(o, s, d->peer);
    if (!fits || !q) {
        o->lost(o, d, 1, EAGAIN);
        return;
    }
    put_record(o, q, d);
    if (!timer_running(&o->retry)) pause_for(o, DGRAM_PAUSE);
}

void outbox_forget(struct outbox *o, const struct dgram_socket *s) {
    for (size_t i = o->count; i-- > 0;)
        if (o->queues[i].socket == s) remove_queue(o, i);
}

void outbox_free(struct outbox *o) {
    while (o->count > 0) remove_queue(o, o->count - 1);
    timer_stop(&o->retry);
    free(o->queues);
    o->queues = NULL;
    o->capacity = 0;
}
