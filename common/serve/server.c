#include "common/serve/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/farewell.h"
#include "common/net/listen.h"
#include "common/net/measured.h"
#include "common/net/sock.h"

#define PAUSE TEXT_NS_PER_S /* when descriptors are short; it ends early when a session does */
#define ACCEPTS_A_TURN 64

/* Few sessions are in it at a time. */
struct parting {
    struct farewell farewell;
    struct session *session;
};

static struct session *of_stream(struct stream *s) {
    return container_of(s, struct session, stream);
}

const char *session_peer(const struct session *s, char out[SESSION_PEER]) {
    pid_t pid = addr_family(&s->peer) == AF_UNIX ? sock_peer_pid(s->stream.fd) : 0;
    return addr_peer_text(&s->peer, pid, out);
}

/* --- when to accept --- */

static size_t present(const struct server *server) {
    return server->count + server->arriving + server->passing;
}

static bool full(const struct server *server) {
    int64_t most = server->limits.max_clients;
    return most > 0 && present(server) >= (size_t)most;
}

/* How many clients it is to serve in all; 0: no limit. */
static int64_t wanted(const struct server *server) {
    return server->limits.once ? 1 : server->limits.sessions;
}

/* It has met all the clients that it was to serve. */
static bool sold_out(const struct server *server) {
    return wanted(server) > 0 && server->opened >= wanted(server);
}

/* They have not been shut. */
static bool has_doors(const struct server *server) { return server->doors[0].watch.loop; }

void server_note_waiting(void) { msg_note(1, "waiting for a client"); }

static void note_full(const struct server *server) {
    msg_note(
        1,
        trn("%zu client at once: others wait", "%zu clients at once: others wait", present(server)),
        present(server));
}

/* At its limit the server does not watch its listeners: a client too many waits in the backlog. */
static void update_accepting(struct server *server) {
    bool sold_out_soon =
        wanted(server) > 0 && server->opened + (int64_t)server->passing >= wanted(server);
    bool accepting = !full(server) && !timer_running(&server->pause) && !sold_out_soon;
    if (full(server) && !sold_out_soon && server->doors[0].watch.want) note_full(server);
    for (size_t i = 0; i < server->listeners->count; i++)
        if (server->doors[i].watch.loop)
            watch_want(&server->doors[i].watch, accepting ? LOOP_READ : 0);
}

/* --- when there is no session --- */

static void vacancy_over(struct timer *t) {
    struct server *server = container_of(t, struct server, vacancy);
    char vacant[TEXT_SHORT];
    msg_note(0, "nobody was connected for %s", text_duration(server->limits.vacant, vacant));
    loop_stop(server->loop);
}

/* The last session is over, or there has been none. */
static void be_vacant(struct server *server) {
    if (sold_out(server)) loop_stop(server->loop);
    if (server->limits.vacant && has_doors(server))
        timer_start(server->loop, &server->vacancy, server->limits.vacant, vacancy_over);
}

/* --- the end of a session --- */

static void forget(struct later *l) {
    struct session *s = container_of(l, struct session, reap);
    free(s->parting);
    free(s->local);
    free(s);
}

static void unlink_session(struct session *s) {
    struct server *server = s->server;
    if (s->previous)
        s->previous->next = s->next;
    else
        server->sessions = s->next;
    if (s->next) s->next->previous = s->previous;
    server->count--;
    timer_stop(&server->pause); /* the session's descriptor is free again */
}

static void narrate_end(const struct session *s, const char *peer) {
    char took[TEXT_SHORT];
    msg_note(0, "%s closed (received %llu bytes, sent %llu bytes, %s)", peer,
             (unsigned long long)s->stream.received, (unsigned long long)s->stream.sent,
             text_duration(loop_clock() - s->since, took));
}

static void close_by(struct session *s, enum status outcome, void (*close_socket)(int fd)) {
    struct server *server = s->server;
    char peer[SESSION_PEER];
    if (s->state == SESSION_CLOSED) return;
    s->state = SESSION_CLOSED;
    if (outcome != STATUS_OK) s->outcome = (int)outcome;
    if (server->ops->closed) server->ops->closed(s);
    timer_stop(&s->timer);
    stream_stop(&s->stream);
    if (s->parting) farewell_stop(&s->parting->farewell);
    if (msg_level() >= 0) session_peer(s, peer);
    measured_note(s->stream.fd, peer);
    if (s->parting && s->parting->farewell.reset) sock_reset(s->stream.fd);
    close_socket(s->stream.fd);
    if (msg_level() >= 0) narrate_end(s, peer);
    unlink_session(s);
    later_run(server->loop, &s->reap, forget);
    if (server->limits.once) server->outcome = s->outcome;
    if (server->count == 0) be_vacant(server);
    if (server->count == 0 && has_doors(server) && !sold_out(server)) server_note_waiting();
    update_accepting(server);
}

void session_close(struct session *s, enum status outcome) { close_by(s, outcome, sock_close); }

void session_abort(struct session *s, enum status outcome) { close_by(s, outcome, sock_abort); }

static void farewell_over(struct farewell *f) {
    struct session *s = container_of(f, struct parting, farewell)->session;
    stream_came(&s->stream, (size_t)f->discarded);
    session_close(s, STATUS_OK);
}

/* All has been given to the system. */
static void part(struct session *s) {
    s->state = SESSION_PARTING;
    watch_stop(&s->stream.watch);
    if (s->stream.ended) {
        if (!s->stream.shut) sock_shutdown(s->stream.fd);
        session_close(s, STATUS_OK);
        return;
    }
    s->parting = mem_new(sizeof *s->parting);
    *s->parting = (struct parting){.session = s};
    s->parting->farewell.shut = s->stream.shut;
    s->parting->farewell.strict = s->strict;
    farewell_start(&s->parting->farewell, s->server->loop, s->stream.fd, farewell_over);
}

void session_finish(struct session *s) {
    if (s->state != SESSION_OPEN) return;
    s->state = SESSION_FINISHING;
    stream_read(&s->stream, false);
    if (stream_waiting(&s->stream) == 0 && !s->stream.broken)
        part(s);
    else /* on_space or on_fail follows */
        stream_ask_space(&s->stream, true);
}

void session_detach(struct session *s) {
    stream_stop(&s->stream);
    timer_stop(&s->timer);
}

void session_attach(struct session *s, uint64_t received, uint64_t sent) {
    stream_start(&s->stream, s->server->loop, s->stream.fd, s->stream.ops);
    s->stream.received = received;
    s->stream.sent = sent;
}

void session_send(struct session *s, const void *bytes, size_t n) {
    stream_send(&s->stream, bytes, n);
}

/* --- what streams tell --- */

static void on_data(struct stream *t, const char *bytes, size_t n) {
    struct session *s = of_stream(t);
    if (s->state == SESSION_OPEN) s->server->ops->data(s, bytes, n);
}

static void on_readable(struct stream *t) {
    struct session *s = of_stream(t);
    if (s->state == SESSION_OPEN) s->server->ops->readable(s);
}

static void on_end(struct stream *t) {
    struct session *s = of_stream(t);
    if (s->state == SESSION_OPEN && s->server->ops->end)
        s->server->ops->end(s);
    else
        session_finish(s);
}

static void on_space(struct stream *t) {
    struct session *s = of_stream(t);
    if (s->state == SESSION_OPEN && s->server->ops->space)
        s->server->ops->space(s);
    else
        stream_ask_space(t, false);
    if (s->state == SESSION_FINISHING && stream_waiting(t) == 0) part(s);
}

/* A load balancer that only wants to know whether somebody listens resets what it has connected,
 * every other second. */
static bool was_checked(const struct session *s, int error, uint64_t unsent) {
    bool silent = s->stream.received == 0 && s->stream.sent == 0 && unsent == 0;
    return error == ECONNRESET && silent && !s->server->limits.once;
}

static void tell_failure(const struct session *s, int error, uint64_t unsent) {
    char peer[SESSION_PEER];
    session_peer(s, peer);
    if (was_checked(s, error, unsent))
        msg_note(0, "connection with %s: %s", peer, lang_error(error));
    else
        msg_error("connection with %s: %s", peer, lang_error(error));
    if (unsent > 0)
        msg_error(trn("%s did not take %llu byte of what was to be sent",
                      "%s did not take %llu bytes of what was to be sent", unsent),
                  peer, (unsigned long long)unsent);
}

/* The peer has closed its Unix socket; or a TCP peer that had ended its side resets what still
 * comes, which is a loss where the session decides the run. */
static bool is_orderly(const struct session *s, int error) {
    bool resets = s->decisive && addr_family(&s->peer) != AF_UNIX;
    return error == EPIPE && !s->stream.broken && !resets;
}

/* An error of a connection that we are closing, with nothing left to send, is no loss. After a loss
 * the peer must not take an orderly end for that of the answer. */
static void on_fail(struct stream *t, int error) {
    struct session *s = of_stream(t);
    uint64_t unsent = stream_waiting(t) + t->dropped;
    if (s->state == SESSION_OPEN && s->server->ops->failing) s->server->ops->failing(s);
    bool loss = !s->left && (s->state == SESSION_OPEN || unsent > 0);
    if (!loss || is_orderly(s, error)) {
        session_close(s, STATUS_OK);
        return;
    }
    tell_failure(s, error, unsent);
    session_abort(s, STATUS_FAILED);
}

static const struct stream_ops with_data = {
    .data = on_data, .end = on_end, .space = on_space, .fail = on_fail};
static const struct stream_ops with_readable = {
    .readable = on_readable, .end = on_end, .space = on_space, .fail = on_fail};

/* --- idle --- */

void session_idle(struct session *s) {
    const struct server_limits *limits = &s->server->limits;
    char peer[SESSION_PEER], idle[TEXT_SHORT];
    session_peer(s, peer);
    text_duration(limits->idle, idle);
    if (s->decisive)
        msg_error("%s idle for %s", peer, idle);
    else
        msg_note(0, "%s idle for %s", peer, idle);
    session_close(s, STATUS_TIMEOUT);
}

static void idle_over(struct timer *t) {
    struct session *s = container_of(t, struct session, timer);
    if (!timer_put_off(t, s->stream.active, s->server->limits.idle)) session_idle(s);
}

/* --- the beginning of a session --- */

static size_t count_of_host(const struct server *server, const struct addr *peer) {
    size_t n = 0;
    for (const struct session *s = server->sessions; s; s = s->next)
        n += addr_same_host(&s->peer, peer);
    return n;
}

/* How a peer is told of that is not served, or NULL when it is. */
static const char *refusal(const struct server *server, const struct addr *peer) {
    int64_t most = server->limits.max_per_host;
    if (!access_allows(&server->limits.access, peer)) return "%s denied";
    if (most > 0 && count_of_host(server, peer) >= (size_t)most)
        return "%s denied: too many clients of this address";
    return NULL;
}

static void open_session(struct server *server, int fd, const struct addr *peer,
                         const struct addr *local) {
    struct session *s = mem_new(server->ops->session_size);
    char text[SESSION_PEER];
    *s = (struct session){
        .server = server, .next = server->sessions, .peer = *peer, .since = loop_now(server->loop)};
    if (local) {
        s->local = mem_new(sizeof *s->local);
        *s->local = *local;
    }
    s->decisive = server->limits.once;
    stream_start(&s->stream, server->loop, fd, server->ops->readable ? &with_readable : &with_data);
    if (server->limits.rate) stream_limit(&s->stream, server->limits.rate);
    if (server->sessions) server->sessions->previous = s;
    server->sessions = s;
    server->count++;
    server->opened++;
    timer_stop(&server->vacancy);
    if (server->limits.idle) timer_start(server->loop, &s->timer, server->limits.idle, idle_over);
    if (msg_level() >= 0) msg_note(0, "%s connected", session_peer(s, text));
    if (server->ops->open) server->ops->open(s);
}

static void pause_over(struct timer *t) { update_accepting(container_of(t, struct server, pause)); }

/* Want of descriptors or memory lasts until somebody leaves, so that nobody is accepted for a
 * while. Other errors are usually one connection's own (accept(2)); one that stays is told too. */
static void accept_failed(struct server_door *door, int error, bool first) {
    struct server *server = door->server;
    bool lasts = (first && watch_stalled(&door->watch)) || sock_is_short(error);
    if (loop_not_yet(error)) server->short_told = false; /* nobody waits any more: it has passed */
    if (!lasts || loop_not_yet(error)) return;
    if (!server->short_told) msg_note(0, "cannot accept for now: %s", lang_error(error));
    server->short_told = true;
    if (!sock_is_short(error)) return;
    timer_start(server->loop, &server->pause, PAUSE, pause_over);
    update_accepting(server);
}

/* `how` is a format for the peer. */
static void refuse(int fd, const struct addr *peer, const char *how) {
    char text[ADDR_TEXT];
    msg_note(0, how, addr_text(peer, text));
    sock_close(fd);
}

/* The peer, and its own address where it is known, have come to be served. */
static void admit(struct server *server, int fd, const struct addr *peer,
                  const struct addr *local) {
    const char *why = refusal(server, peer);
    if (why)
        refuse(fd, peer, why);
    else
        open_session(server, fd, peer, local);
}

/* Where there are no listeners nobody else will come. */
static void check_adopted(struct server *server) {
    if (server->listeners->count > 0 || server->arriving > 0 || server->opened > 0) return;
    server->outcome = STATUS_FAILED;
    loop_stop(server->loop);
}

static void arrived(struct arrival *a) {
    struct server *server = a->owner;
    bool named = a->fd >= 0 && a->header.named;
    server->arriving--;
    if (a->fd >= 0 && sold_out(server))
        refuse(a->fd, &a->peer, "%s denied: all clients have been served");
    else if (a->fd >= 0)
        admit(server, a->fd, named ? &a->header.source : &a->peer,
              named ? &a->header.destination : NULL);
    check_adopted(server);
    update_accepting(server);
}

/* The header says who it is; only a proxy that is believed may say so. */
static void await_header(struct server *server, int fd, const struct addr *peer) {
    const struct arrival arrival = {.done = arrived, .owner = server, .fd = fd, .peer = *peer};
    if (!access_allows(&server->limits.proxy_from, peer)) {
        refuse(fd, peer, "%s denied: its PROXY header is not believed");
        return;
    }
    server->arriving++;
    arrival_start(&server->arrivals, server->loop, &arrival);
}

static void passed(struct passerby *p) {
    struct server *server = p->owner;
    server->passing--;
    if (p->fd >= 0) admit(server, p->fd, &p->peer, NULL);
    update_accepting(server);
}

/* Where clients are counted, it may be none. A trace shows the calls of a plain server. */
static void await_intent(struct server *server, int fd, const struct addr *peer) {
    const struct passerby passerby = {.done = passed, .owner = server, .fd = fd, .peer = *peer};
    server->passing++;
    passerby_start(&server->passers, server->loop, &passerby);
}

void server_adopt(struct server *server, int fd) {
    struct addr peer;
    if (sock_peer(fd, &peer) < 0) {
        msg_note(0, "the client has gone: %s", lang_error(errno));
        sock_close(fd);
    } else if (server->limits.accept_proxy) {
        await_header(server, fd, &peer);
    } else {
        admit(server, fd, &peer, NULL);
    }
    check_adopted(server);
}

/* `first`: of this turn. False: there are no more. */
static bool accept_one(struct server_door *door, bool first) {
    struct server *server = door->server;
    struct addr peer;
    int fd = sock_accept(door->watch.fd, &peer);
    if (fd < 0) {
        accept_failed(door, errno, first);
        return false;
    }
    if (server->limits.accept_proxy)
        await_header(server, fd, &peer);
    else if (wanted(server) > 0 && !sock_tracing())
        await_intent(server, fd, &peer);
    else
        admit(server, fd, &peer, NULL);
    return true;
}

/* Accepts several connections a turn, but no whole storm of them: the sessions want their turn too.
 * `open` may have shut the doors. */
static void door_ready(struct watch *w, unsigned events) {
    struct server_door *door = container_of(w, struct server_door, watch);
    struct server *server = door->server;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN && w->loop && w->want; i++) {
        if (!accept_one(door, i == 0)) break;
        update_accepting(server);
    }
}

void server_start(struct server *server, struct loop *loop, struct listeners *listeners,
                  struct server_limits limits, const struct server_ops *ops) {
    *server = (struct server){.loop = loop, .ops = ops, .limits = limits, .listeners = listeners};
    for (size_t i = 0; i < listeners->count; i++) {
        server->doors[i].server = server;
        watch_start(loop, &server->doors[i].watch, listeners->fds[i], LOOP_READ, door_ready);
    }
    be_vacant(server);
}

void server_shut_doors(struct server *server) {
    for (size_t i = 0; i < server->listeners->count; i++) watch_stop(&server->doors[i].watch);
    passerby_stop_all(&server->passers);
    server->passing = 0;
    timer_stop(&server->pause);
    timer_stop(&server->vacancy);
}

void server_stop(struct server *server) {
    server_shut_doors(server);
    arrival_stop_all(&server->arrivals);
    while (server->sessions) session_close(server->sessions, STATUS_OK);
    loop_settle(server->loop); /* frees the sessions */
}
