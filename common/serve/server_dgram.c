#include "common/serve/server_dgram.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/serve/exchange.h"
#include "common/serve/hops.h"

#define CENSUS TEXT_NS_PER_S
/* Batches: more than a receive buffer holds, and yet an end where a peer floods us. */
#define DRAIN_MOST 65536
#define DRAIN_FAILURES 16

/* Narrated once for datagrams of one peer in a row: anybody can send many. `what` is a format for
 * the peer and the reason. */
static void tell(struct dgram_server *server, const struct dgram *d, const char *what,
                 const char *why) {
    char peer[DGRAM_PEER];
    assert(d->peer);
    if (addr_equal(&server->told, d->peer)) return;
    server->told = *d->peer;
    msg_note(0, what, dgram_peer(d, peer), why);
}

/* --- losses --- */

static const char *drops_text(const struct dgram_drops *drops) {
    unsigned long long n = (unsigned long long)drops->least;
    return drops->about == drops->least
               ? trn("%s: %lld datagram dropped so far%s", "%s: %lld datagrams dropped so far%s", n)
               : trn("%s: at least %lld datagram dropped so far%s; several came as one: about %lld",
                     "%s: at least %lld datagrams dropped so far%s; several came as one: about "
                     "%lld",
                     n);
}

static void tell_drops(struct dgram_door *door) {
    char text[ADDR_TEXT];
    struct dgram_drops drops = dgram_drops(&door->socket);
    if (drops.least <= door->drops) return;
    msg_note(0, drops_text(&drops), addr_text(door->local, text), (long long)drops.least,
             door->drops ? "" : tr(": the receive buffer was full (-O rcvbuf=SIZE enlarges it)"),
             (long long)drops.about);
    door->drops = drops.least;
}

static void tell_losses(struct dgram_server *server) {
    for (size_t i = 0; i < server->count; i++) tell_drops(&server->doors[i]);
    if (server->unanswered > server->confessed)
        msg_note(0, trn("%llu answer lost so far", "%llu answers lost so far", server->unanswered),
                 (unsigned long long)server->unanswered);
    server->confessed = server->unanswered;
}

static void census_due(struct timer *t) {
    struct dgram_server *server = container_of(t, struct dgram_server, census);
    tell_losses(server);
    if (server->resting || dgram_server_waits(server))
        timer_start(server->loop, t, CENSUS, census_due);
}

/* --- answers --- */

static struct dgram_server *of_outbox(struct outbox *o) {
    return container_of(o, struct dgram_server, outbox);
}

/* UDP holds all answers up or none. */
static bool is_held_up(const struct dgram_door *door) {
    return addr_family(door->local) != AF_UNIX &&
           outbox_holds(&door->server->outbox, &door->socket, NULL);
}

static void update(struct dgram_door *door) {
    const struct dgram_server *server = door->server;
    bool pauses = server->resting || server->ended || is_held_up(door);
    if (door->watch.loop) watch_want(&door->watch, pauses ? 0 : LOOP_READ);
}

static void update_all(struct dgram_server *server) {
    for (size_t i = 0; i < server->count; i++) update(&server->doors[i]);
}

static void on_sent(struct outbox *o, const struct dgram *d) {
    struct dgram_server *server = of_outbox(o);
    if (server->ops->answered) server->ops->answered(server, d);
}

static void on_lost(struct outbox *o, const struct dgram *d, size_t count, int error) {
    struct dgram_server *server = of_outbox(o);
    server->unanswered += count;
    if (dgram_full_now(error))
        tell(server, d, "%s does not take its answers%s", "");
    else
        tell(server, d, "%s cannot be answered: %s", lang_error(error));
}

static void end_when_sent(struct timer *t) {
    struct dgram_server *server = container_of(t, struct dgram_server, ending);
    if (dgram_server_waits(server)) return;
    if (server->ops->ended)
        server->ops->ended(server);
    else
        loop_stop(server->loop);
}

static void on_drained(struct outbox *o) {
    struct dgram_server *server = of_outbox(o);
    update_all(server);
    if (server->ops->drained) server->ops->drained(server);
    if (server->ended) end_when_sent(&server->ending);
}

/* Sends the first of them: how many are done with. */
static size_t send_some(struct dgram_door *door, const struct dgram *items, size_t count) {
    struct dgram_server *server = door->server;
    struct outbox *outbox = &server->outbox;
    bool queued = outbox_holds(outbox, &door->socket, items[0].peer);
    int n = queued ? -1 : dgram_send(server->batch, &door->socket, items, count);
    if (queued || (n < 0 && dgram_full_now(errno)))
        outbox_keep(outbox, &door->socket, &items[0]);
    else if (n < 0)
        on_lost(outbox, &items[0], 1, errno);
    for (int i = 0; i < n; i++) on_sent(outbox, &items[i]);
    return n > 0 ? (size_t)n : 1;
}

void dgram_door_send(struct dgram_door *door, const struct dgram *items, size_t count) {
    const struct dgram_server *server = door->server;
    /* One by one while some wait: others may be for the same peer. */
    for (size_t i = 0; i < count;)
        i += send_some(door, items + i, dgram_server_waits(server) ? 1 : count - i);
    update(door);
}

static void add_answer(struct dgram_server *server, const struct dgram *question, size_t size) {
    server->answers = mem_grow(server->answers, &server->answers_capacity,
                               server->answers_count + 1, sizeof *server->answers);
    struct dgram *answer = &server->answers[server->answers_count++];
    *answer = *question;
    answer->size = size;
    answer->ttl = hops_next(question->ttl);
}

/* The buffer may have moved while answers were added: only now is it known where each lies. */
static void send_answers(struct dgram_door *door) {
    struct dgram_server *server = door->server;
    const char *at = buf_at(&server->text);
    for (size_t i = 0; i < server->answers_count; i++) {
        server->answers[i].bytes = at;
        at += server->answers[i].size;
    }
    dgram_door_send(door, server->answers, server->answers_count);
    server->answers_count = 0;
    buf_clear(&server->text);
}

/* --- questions --- */

/* Nobody else has our address: an answer would come back to us, and be answered. */
static bool may_be_answered(const struct dgram_server *server, const struct dgram *d) {
    return hops_next(d->ttl) >= 0 && !own_has(&server->own, d->peer);
}

static void note_exchange(const struct dgram_server *server, const struct dgram *request,
                          size_t before) {
    char peer[DGRAM_PEER];
    dgram_peer(request, peer);
    exchange_request(peer, request->bytes, request->size);
    exchange_answer(peer, buf_at(&server->text) + before, server->text.size - before);
}

static void hand_over(struct dgram_door *door, const struct dgram *d, bool answerable) {
    struct dgram_server *server = door->server;
    size_t before = server->text.size;
    server->received++;
    server->bytes += d->size;
    if (!server->ops->message(door, d, answerable ? &server->text : NULL)) return;
    add_answer(server, d, server->text.size - before);
    if (exchange_told()) note_exchange(server, d, before);
}

static void hand_over_all(struct dgram_door *door, const struct dgram *items, size_t count) {
    struct dgram_server *server = door->server;
    const struct addr *last = NULL;
    bool allowed = false, answerable = false;
    for (size_t i = 0; i < count && !server->ended; i++) {
        const struct dgram *d = &items[i];
        if (d->peer != last) { /* not another of those that came as one */
            allowed = access_allows(server->access, d->peer);
            answerable = allowed && may_be_answered(server, d);
        }
        last = d->peer;
        if (allowed)
            hand_over(door, d, answerable);
        else
            tell(server, d, "%s denied%s", "");
    }
}

/* The error is usually that of an answer sent before (an ICMP refusal), and cleared by having been
 * returned; one that stays is told. */
static void receive_failed(struct dgram_door *door, int error) {
    char text[ADDR_TEXT];
    if (!watch_stalled(&door->watch) || loop_not_yet(error)) return;
    if (!door->failed)
        msg_note(0, "%s: cannot receive for now: %s", addr_text(door->local, text),
                 lang_error(error));
    door->failed = true;
}

/* Takes one batch. Returns 1; 0 when there was none, -1 when receiving failed. */
static int receive(struct dgram_door *door) {
    struct dgram_server *server = door->server;
    const struct dgram *items;
    int n = dgram_receive(server->batch, &door->socket, &items);
    if (n < 0) {
        int error = errno;
        receive_failed(door, error);
        return loop_not_yet(error) ? 0 : -1;
    }
    door->failed = false;
    hand_over_all(door, items, (size_t)n);
    if (!timer_running(&server->census))
        timer_start(server->loop, &server->census, CENSUS, census_due);
    if (server->ops->batch) server->ops->batch(server);
    send_answers(door);
    return 1;
}

static void door_ready(struct watch *w, unsigned events) {
    (void)events;
    receive(container_of(w, struct dgram_door, watch));
}

/* --- the server --- */

void dgram_server_rest(struct dgram_server *server, bool on) {
    server->resting = on;
    update_all(server);
}

/* In a later turn: the answers to the batch at hand are still to be sent. */
void dgram_server_end(struct dgram_server *server) {
    server->ended = true;
    update_all(server);
    timer_start(server->loop, &server->ending, 0, end_when_sent);
}

static void drain(struct dgram_door *door) {
    const struct dgram_server *server = door->server;
    int failures = 0; /* in a row */
    for (int n = 0; n < DRAIN_MOST && failures < DRAIN_FAILURES; n++) {
        if (server->ended || server->resting || is_held_up(door)) return;
        int got = receive(door);
        if (got == 0) return;
        failures = got < 0 ? failures + 1 : 0;
    }
}

void dgram_server_drain(struct dgram_server *server) {
    for (size_t i = 0; i < server->count; i++) drain(&server->doors[i]);
}

void dgram_server_start(struct dgram_server *server, struct loop *loop,
                        const struct listeners *listeners, const struct access_list *access,
                        const struct dgram_ops *ops) {
    *server = (struct dgram_server){.loop = loop,
                                    .ops = ops,
                                    .access = access,
                                    .count = listeners->count,
                                    .batch = dgram_batch_new()};
    server->outbox = (struct outbox){.loop = loop,
                                     .batch = server->batch,
                                     .sent = on_sent,
                                     .lost = on_lost,
                                     .drained = on_drained};
    own_find(&server->own, listeners);
    for (size_t i = 0; i < listeners->count; i++) {
        struct dgram_door *door = &server->doors[i];
        door->server = server;
        door->local = &listeners->addrs[i];
        dgram_prepare(&door->socket, listeners->fds[i], door->local);
        watch_start(loop, &door->watch, listeners->fds[i], LOOP_READ, door_ready);
    }
}

void dgram_server_count_hops(struct dgram_server *server) {
    for (size_t i = 0; i < server->count; i++) dgram_ask_ttl(&server->doors[i].socket);
}

void dgram_server_stop(struct dgram_server *server) {
    tell_losses(server);
    for (size_t i = 0; i < server->count; i++) watch_stop(&server->doors[i].watch);
    server->count = 0;
    timer_stop(&server->census);
    timer_stop(&server->ending);
    outbox_free(&server->outbox);
    dgram_batch_free(server->batch);
    own_free(&server->own);
    buf_free(&server->text);
    free(server->answers);
}
