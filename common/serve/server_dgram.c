#include "common/serve/server_dgram.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/listen.h"
#include "common/net/sock.h"

#define CENSUS TEXT_NS_PER_S
#define TRIES 100 /* for an answer to a peer that does not read, DGRAM_PAUSE apart */
/* Batches: more than a receive buffer holds, and yet an end where a peer floods us. */
#define DRAIN_MOST 65536
#define DRAIN_FAILURES 16

/* Narrated once for datagrams of one peer in a row: anybody can send many. */
static void tell(struct dgram_server *server, const struct dgram *d, const char *what,
                 const char *why) {
    char peer[DGRAM_PEER];
    assert(d->peer);
    if (addr_equal(&server->told, d->peer)) return;
    server->told = *d->peer;
    msg_note(0, "%s %s%s", dgram_peer(d, peer), what, why);
}

/* --- drops --- */

static void tell_drops(struct dgram_door *door) {
    char text[ADDR_TEXT];
    bool at_least;
    int64_t drops = dgram_drops(door->io, &at_least);
    if (drops <= door->drops) return;
    msg_note(0, "%s: %s%lld datagram%s dropped so far%s", addr_text(door->local, text),
             at_least ? "at least " : "", (long long)drops, drops == 1 ? "" : "s",
             door->drops ? "" : ": the receive buffer was full (-O rcvbuf=SIZE enlarges it)");
    door->drops = drops;
}

static void census_due(struct timer *t) {
    struct dgram_server *server = container_of(t, struct dgram_server, census);
    for (size_t i = 0; i < server->count; i++) tell_drops(&server->doors[i]);
    if (server->resting) timer_start(server->loop, t, CENSUS, census_due);
}

/* --- answers --- */

static void update(struct dgram_door *door) {
    struct dgram_server *server = door->server;
    if (door->watch.loop && door->count == 0)
        watch_want(&door->watch, server->resting || server->ended ? 0 : LOOP_READ);
}

static void stop_when_idle(struct dgram_server *server) {
    for (size_t i = 0; i < server->count; i++)
        if (server->doors[i].count > 0) return;
    loop_stop(server->loop);
}

static void send_answers(struct dgram_door *door);

static void pause_over(struct timer *t) { send_answers(container_of(t, struct dgram_door, pause)); }

/* A Unix socket polls writable although the peer's queue is full, and so does any with ENOBUFS. */
static void wait_for_room(struct dgram_door *door, int error) {
    bool tells = error != ENOBUFS && addr_family(door->local) != AF_UNIX;
    if (!tells) timer_start(door->server->loop, &door->pause, DGRAM_PAUSE, pause_over);
    watch_want(&door->watch, tells ? LOOP_WRITE : 0);
}

static void took(struct dgram_door *door, size_t n) {
    const struct dgram_ops *ops = door->server->ops;
    for (size_t i = 0; ops->answered && i < n; i++)
        ops->answered(door->server, &door->answers[door->next + i]);
    door->next += n;
    door->tries = 0;
}

static void send_answers(struct dgram_door *door) {
    while (door->next < door->count) {
        const struct dgram *first = &door->answers[door->next];
        int n = dgram_send(door->io, first, door->count - door->next);
        if (n > 0) {
            took(door, (size_t)n);
        } else if (dgram_full_now(errno) && door->tries++ < TRIES) {
            wait_for_room(door, errno);
            return;
        } else {
            tell(door->server, first, "cannot be answered: ", strerror(errno));
            door->next++;
            door->tries = 0;
        }
    }
    door->next = door->count = 0;
    buf_clear(&door->bytes);
    update(door);
    if (door->server->ended) stop_when_idle(door->server);
}

static void add_answer(struct dgram_door *door, const struct dgram *question, size_t size) {
    door->answers =
        mem_grow(door->answers, &door->capacity, door->count + 1, sizeof *door->answers);
    door->answers[door->count] = *question;
    door->answers[door->count++].size = size;
}

/* The buffer may have moved while answers were added: only now is it known where each lies. */
static void place_answers(struct dgram_door *door) {
    const char *at = door->bytes.size ? buf_at(&door->bytes) : "";
    for (size_t i = 0; i < door->count; i++) {
        door->answers[i].bytes = at;
        at += door->answers[i].size;
    }
}

/* --- questions --- */

static void hand_over(struct dgram_door *door, const struct dgram *items, size_t count) {
    struct dgram_server *server = door->server;
    const struct addr *last = NULL;
    bool allowed = false;
    for (size_t i = 0; i < count && !server->ended; i++) {
        const struct dgram *d = &items[i];
        if (d->peer != last) allowed = access_allows(server->access, d->peer);
        last = d->peer;
        if (!allowed) {
            tell(server, d, "denied", "");
            continue;
        }
        size_t before = door->bytes.size;
        server->received++;
        server->bytes += d->size;
        if (server->ops->message(server, d, &door->bytes))
            add_answer(door, d, door->bytes.size - before);
    }
}

/* The error is usually that of an answer sent before (an ICMP refusal), and cleared by having been
 * returned; one that stays is told. */
static void receive_failed(struct dgram_door *door, int error) {
    char text[ADDR_TEXT];
    if (!watch_stalled(&door->watch) || loop_not_yet(error)) return;
    if (!door->failed)
        msg_note(0, "%s: cannot receive for now: %s", addr_text(door->local, text),
                 strerror(error));
    door->failed = true;
}

/* Takes one batch. Returns 1; 0 when there was none, -1 when receiving failed. */
static int receive(struct dgram_door *door) {
    struct dgram_server *server = door->server;
    const struct dgram *items;
    int n = dgram_receive(door->io, &items);
    if (n < 0) {
        int error = errno;
        receive_failed(door, error);
        return loop_not_yet(error) ? 0 : -1;
    }
    door->failed = false;
    hand_over(door, items, (size_t)n);
    if (!timer_running(&server->census))
        timer_start(server->loop, &server->census, CENSUS, census_due);
    if (server->ops->batch) server->ops->batch(server);
    place_answers(door);
    send_answers(door);
    return 1;
}

static void door_ready(struct watch *w, unsigned events) {
    struct dgram_door *door = container_of(w, struct dgram_door, watch);
    (void)events;
    if (door->count > 0)
        send_answers(door);
    else if (w->want & LOOP_READ)
        receive(door);
}

/* --- the server --- */

void dgram_server_rest(struct dgram_server *server, bool on) {
    server->resting = on;
    for (size_t i = 0; i < server->count; i++) update(&server->doors[i]);
}

void dgram_server_end(struct dgram_server *server) {
    server->ended = true;
    for (size_t i = 0; i < server->count; i++) update(&server->doors[i]);
    stop_when_idle(server);
}

static void drain(struct dgram_door *door) {
    const struct dgram_server *server = door->server;
    int failures = 0; /* in a row */
    for (int n = 0; n < DRAIN_MOST && failures < DRAIN_FAILURES; n++) {
        if (server->ended || server->resting || door->count > 0) return;
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
    *server = (struct dgram_server){
        .loop = loop, .ops = ops, .access = access, .count = listeners->count};
    for (size_t i = 0; i < listeners->count; i++) {
        struct dgram_door *door = &server->doors[i];
        door->server = server;
        door->local = &listeners->addrs[i];
        door->io = dgram_new(listeners->fds[i], door->local);
        watch_start(loop, &door->watch, listeners->fds[i], LOOP_READ, door_ready);
    }
}

void dgram_server_stop(struct dgram_server *server) {
    for (size_t i = 0; i < server->count; i++) {
        struct dgram_door *door = &server->doors[i];
        tell_drops(door);
        watch_stop(&door->watch);
        timer_stop(&door->pause);
        dgram_free(door->io);
        buf_free(&door->bytes);
        free(door->answers);
    }
    server->count = 0;
    timer_stop(&server->census);
}
