#include "common/io/relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define PULLS_A_TURN 16
#define BULK ((size_t)262144) /* a turn that brings as much is part of a bulk transfer, ... */
/* ... for which we are woken seldom: SO_RCVLOWAT, which widens the window too; */
#define BULK_LOW_WATER (2 << 20)
#define BULK_PAUSE (2 * TEXT_NS_PER_MS) /* what is less waits no longer than this */
#define TELL_AFTER (1 * TEXT_NS_PER_S)
#define SETTLE_FIRST (1 * TEXT_NS_PER_MS)
#define SETTLE_MOST (100 * TEXT_NS_PER_MS)

/* Probes of a peer that has ended its side and may be gone (tcp(7)): seconds, seconds, count. */
#define PROBE_AFTER 10
#define PROBE_EVERY 10
#define PROBES 6

static void update(struct relay *r) {
    unsigned want = 0;
    bool reads = r->receiving == RELAY_OPEN && !r->out->full;
    bool writes = r->sending != RELAY_DONE && r->peer_full;
    if (reads && throttle_room(r->incoming) > 0) want |= LOOP_READ;
    if (writes && throttle_room(r->to_peer.pace) > 0) want |= LOOP_WRITE;
    /* else a hang-up, which does not go away, says nothing new */
    if (want == 0 && r->sending != RELAY_DONE && !r->hung) want = LOOP_HANGUP;
    if (r->sock.loop) watch_want(&r->sock, want);
    if (r->in.loop) source_want(&r->in, r->sending == RELAY_OPEN && !r->peer_full);
    if (r->want_typing) r->want_typing(r, r->sending == RELAY_OPEN && !r->peer_full);
}

void relay_stop(struct relay *r) {
    watch_stop(&r->sock);
    r->out->changed = NULL;
    source_stop(&r->in);
    timer_stop(&r->timer);
    timer_stop(&r->settle);
    timer_stop(&r->telling);
    timer_stop(&r->bulk);
    throttle_stop(&r->paces[0]);
    throttle_stop(&r->paces[1]);
    rest_stop(&r->rest);
    sink_free(&r->to_peer);
}

/* --- the end --- */

static void finish(struct relay *r, enum status outcome) {
    void (*done)(struct relay *, enum status) = r->done;
    relay_stop(r);
    done(r, outcome);
}

/* Bytes that were to be sent and never reached the peer's system. */
static uint64_t lost(const struct relay *r) {
    int64_t unacknowledged = sysinfo_unacknowledged(r->sock.fd, r->fin);
    return sink_waiting(&r->to_peer) + (unacknowledged > 0 ? (uint64_t)unacknowledged : 0) +
           r->unread;
}

/* `told`: why, already. */
static void tell_lost(const struct relay *r, bool told) {
    uint64_t n = lost(r);
    if (n > 0)
        msg_error(r->unread > 0 ? trn("%s did not take %llu byte of what was to be sent",
                                      "%s did not take %llu bytes of what was to be sent", n)
                                : trn("%s did not take %llu byte of what was sent",
                                      "%s did not take %llu bytes of what was sent", n),
                  r->peer, (unsigned long long)n);
    else if (r->cut && !told)
        msg_error("%s closed the connection before the end of stdin", r->peer);
}

/* The peer takes no more of a stdin that has not ended. */
static void note_cut(struct relay *r) {
    r->cut = (r->in.loop || r->want_typing) && r->sending == RELAY_OPEN;
    if (r->cut && r->in.loop) r->unread = rest_unread(r->in.fd);
}

static void fail(struct relay *r, int error) {
    note_cut(r);
    r->reset = true;
    msg_error("connection with %s: %s", r->peer, lang_error(error));
    if (r->read > 0 || sink_waiting(&r->to_peer) > 0) tell_lost(r, true);
    finish(r, STATUS_FAILED);
}

/* Both directions are over. What the peer's system has not acknowledged may still be lost: its
 * reset is on its way, or it is only slow. */
static void settle(struct relay *r);

static void settle_again(struct timer *t) { settle(container_of(t, struct relay, settle)); }

/* Ever more seldom; told once that is seldom. */
static void await_acknowledgement(struct relay *r) {
    int64_t step = r->settle_step ? r->settle_step * 2 : SETTLE_FIRST;
    if (step > SETTLE_MOST && r->settle_step < SETTLE_MOST)
        msg_note(1,
                 trn("all is sent: waiting for %s to acknowledge %llu byte",
                     "all is sent: waiting for %s to acknowledge %llu bytes", lost(r)),
                 r->peer, (unsigned long long)lost(r));
    r->settle_step = step > SETTLE_MOST ? SETTLE_MOST : step;
    timer_start(r->loop, &r->settle, r->settle_step, settle_again);
}

static void settle(struct relay *r) {
    int *error = &r->to_peer.error;
    bool closed = r->broken;
    if (!closed && lost(r) > 0) {
        sock_get(r->sock.fd, SOL_SOCKET, SO_ERROR, error, "SO_ERROR");
        closed = *error || sock_tcp_state(r->sock.fd) == SYSINFO_CLOSED;
    }
    /* counted anew: the last acknowledgement may have closed it */
    if (r->broken || (closed && lost(r) > 0)) {
        bool told = *error == ECONNRESET;
        if (told) msg_error("connection with %s: %s", r->peer, lang_error(*error));
        tell_lost(r, told);
        finish(r, STATUS_FAILED);
        return;
    }
    if (lost(r) == 0) {
        finish(r, STATUS_OK);
        return;
    }
    await_acknowledgement(r);
}

static void check_over(struct relay *r) {
    bool received = r->receiving == RELAY_DONE || r->send_only;
    if (received && r->sending == RELAY_DONE && !timer_running(&r->settle)) settle(r);
}

/* --- towards the peer --- */

static void tell(struct timer *t) {
    const struct relay *r = container_of(t, struct relay, telling);
    if (r->receiving == RELAY_OPEN && !r->send_only)
        msg_note(1, "nothing more to send: waiting for %s to end its side", r->peer);
}

static void end_sending(struct relay *r) {
    r->sending = RELAY_DONE;
    if ((r->half_close || r->receiving == RELAY_DONE) && !r->shut && !r->broken) {
        r->shut = true;
        r->fin = sock_shutdown(r->sock.fd) == 0;
    }
    if (r->receiving == RELAY_OPEN && !r->broken)
        timer_start(r->loop, &r->telling, TELL_AFTER, tell);
    check_over(r);
}

/* The peer takes no more. What it said before is still read; then its end, or its reset, comes. */
static void cut_off(struct relay *r) {
    r->broken = true;
    note_cut(r);
    r->sending = RELAY_DONE;
    rest_stop(&r->rest);
    check_over(r);
}

static void sending_failed(struct relay *r) {
    if (sock_peer_is_gone(r->to_peer.error))
        cut_off(r);
    else
        fail(r, r->to_peer.error);
}

/* stdin has ended (or nothing more of it is wanted). */
static void input_over(struct relay *r) {
    r->sending = RELAY_DRAINING;
    if (sink_waiting(&r->to_peer) == 0) end_sending(r);
}

/* Nothing is expected to happen, and yet: a reset; or a Unix socket whose peer closed it, which is
 * no failure unless stdin has more for it. */
static void hung_up(struct relay *r) {
    sock_get(r->sock.fd, SOL_SOCKET, SO_ERROR, &r->to_peer.error, "SO_ERROR");
    r->hung = true;
    if (r->to_peer.error)
        sending_failed(r);
    else if (r->in.loop)
        rest_hurry(&r->rest);
    else /* whose lines wait for their time counts them */
        input_over(r);
}

static void flush_peer(struct relay *r) {
    uint64_t before = r->to_peer.taken;
    enum sink_result result = sink_flush(&r->to_peer);
    if (r->to_peer.taken != before) r->active = loop_now(r->loop);
    r->peer_full = result == SINK_FULL;
    if (result == SINK_FAILED)
        sending_failed(r);
    else if (result == SINK_MOVED && r->sending == RELAY_DRAINING)
        end_sending(r);
}

static void took_input(struct relay *r, enum sink_result result) {
    r->peer_full = result == SINK_FULL || sink_waiting(&r->to_peer) > 0;
    if (result == SINK_FAILED) sending_failed(r);
    if (result == SINK_END) input_over(r);
    if (r->sock.loop) update(r);
}

static void took_from_input(struct relay *r, size_t n) {
    if (n == 0) return;
    r->read += n;
    r->active = loop_now(r->loop);
    rest_heard(&r->rest);
}

/* stdout has failed: at the end of this turn it is told, and all of this is over (output_changed).
 */
static bool is_ending(const struct relay *r) { return r->out->status != 0; }

/* Several moves a turn, for as long as both ends are ready; a pipe or terminal is read once, a
 * second read might block. */
static void pull_input(struct source *in) {
    struct relay *r = container_of(in, struct relay, in);
    enum sink_result result = SINK_MOVED;
    uint64_t before = r->read;
    if (is_ending(r)) return;
    bool once = in->kind == SOURCE_TTY || (in->kind == SOURCE_PIPE && !sink_moves(&r->to_peer));
    for (int i = 0; i < PULLS_A_TURN && result == SINK_MOVED && r->sending == RELAY_OPEN; i++) {
        size_t moved;
        result = sink_pull(&r->to_peer, in->fd, in->kind, &moved);
        took_from_input(r, moved);
        if (once || r->to_peer.mover.declined) break;
    }
    if (result == SINK_SOURCE_FAILED) {
        msg_error("cannot read stdin: %s", lang_error(errno));
        finish(r, STATUS_FAILED);
        return;
    }
    if (r->read == before && result != SINK_END) watch_stalled(&in->watch);
    took_input(r, result);
}

void relay_type(struct relay *r, const char *bytes, size_t n) {
    if (r->sending != RELAY_OPEN || !r->sock.loop || is_ending(r)) return;
    took_from_input(r, n);
    took_input(r, n > 0 ? sink_give(&r->to_peer, bytes, n) : SINK_END);
}

/* --- from the peer --- */

static void probe_peer(const struct relay *r) {
    struct addr local;
    if (sock_local(r->sock.fd, &local) < 0 || addr_family(&local) == AF_UNIX) return;
    sock_set(r->sock.fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
    sock_set(r->sock.fd, IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER, "TCP_KEEPIDLE");
    sock_set(r->sock.fd, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY, "TCP_KEEPINTVL");
    sock_set(r->sock.fd, IPPROTO_TCP, TCP_KEEPCNT, PROBES, "TCP_KEEPCNT");
}

/* A peer that goes without having said a byte leaves what the connection was for unfinished. */
static void not_awaited(struct rest *rest) {
    struct relay *r = container_of(rest, struct relay, rest);
    if (r->received == 0 && r->in.loop && r->in.kind != SOURCE_TTY)
        cut_off(r);
    else
        input_over(r);
    if (r->sock.loop) update(r);
}

/* The peer has ended its side, stdin has not. */
static void await_input(struct relay *r) {
    bool typed = !r->in.loop;
    r->rest = (struct rest){.peer = r->peer,
                            .sock = r->sock.fd,
                            .in = typed ? STDIN_FILENO : r->in.fd,
                            .keep = r->keep_sending,
                            .over = not_awaited};
    rest_start(&r->rest, r->loop, typed ? r->typed : r->in.kind, r->read > 0, r->received > 0);
    if (r->rest.loop) probe_peer(r);
}

static void end_receiving(struct relay *r) {
    r->receiving = RELAY_DONE;
    output_close(r->out); /* a reader of ours sees the end while we still send */
    if (r->sending == RELAY_OPEN)
        await_input(r);
    else if (r->sending == RELAY_DONE)
        end_sending(r); /* shuts down what --no-half-close had left open */
}

static void pull_peer(struct relay *r);
static void watch_bulk(struct relay *r, uint64_t moved);

static void bulk_paused(struct timer *t) {
    struct relay *r = container_of(t, struct relay, bulk);
    if (r->out->full) /* the pace is that of stdout: what is read next must not have to be much */
        watch_bulk(r, 0);
    else if (r->receiving == RELAY_OPEN)
        pull_peer(r);
    if (r->sock.loop) update(r);
}

/* Only where pages are moved: with --trace the calls that matter are to be seen, not these. */
static void watch_bulk(struct relay *r, uint64_t moved) {
    bool moves = output_moves(r->out) && !r->incoming;
    bool on = moved >= BULK && r->receiving == RELAY_OPEN && moves;
    if (on != r->low_water)
        sock_set(r->sock.fd, SOL_SOCKET, SO_RCVLOWAT, on ? BULK_LOW_WATER : 1, "SO_RCVLOWAT");
    r->low_water = on;
    if (on)
        timer_start(r->loop, &r->bulk, BULK_PAUSE, bulk_paused);
    else
        timer_stop(&r->bulk);
}

/* Reads what the peer says, and drops it or gives it to the output. */
static enum sink_result read_some(struct relay *r, size_t *moved) {
    static char bytes[65536];
    size_t most = throttle_most(r->incoming, sock_read_most(sizeof bytes));
    *moved = 0;
    if (most == 0 || r->out->full) return SINK_FULL;
    ssize_t n = sock_recv(r->sock.fd, bytes, most);
    if (n < 0) return loop_not_yet(errno) ? SINK_DRY : SINK_SOURCE_FAILED;
    if (n == 0) return SINK_END;
    *moved = (size_t)n;
    throttle_spend(r->incoming, *moved);
    if (!r->send_only) output_put(r->out, &r->from, bytes, *moved);
    return SINK_MOVED;
}

static void pull_peer(struct relay *r) {
    enum sink_result result = SINK_MOVED;
    uint64_t before = r->received;
    for (int i = 0; i < PULLS_A_TURN && result == SINK_MOVED; i++) {
        size_t moved;
        bool moves = !r->send_only && !r->incoming;
        result = moves ? output_pull(r->out, &r->from, r->sock.fd, &moved) : read_some(r, &moved);
        r->received += moved;
        if (moved) r->active = loop_now(r->loop);
        if (sock_tracing()) break;
    }
    watch_bulk(r, r->received - before);
    if (result == SINK_SOURCE_FAILED) {
        fail(r, errno);
    } else if (result == SINK_END) {
        r->receiving = RELAY_DRAINING;
        if (!r->out->full) end_receiving(r);
    }
}

/* --- events --- */

/* Another number once anything has changed. */
static uint64_t progress(const struct relay *r) {
    return r->received + r->to_peer.taken + r->sending + r->receiving;
}

static void sock_ready(struct watch *w, unsigned events) {
    struct relay *r = container_of(w, struct relay, sock);
    uint64_t before = progress(r);
    if (events & LOOP_READ) pull_peer(r);
    if (is_ending(r)) return;
    if (w->loop && events & LOOP_WRITE) flush_peer(r);
    if (w->loop && events == LOOP_HANGUP && r->sending != RELAY_DONE) hung_up(r);
    if (w->loop && progress(r) == before) watch_stalled(w);
    if (w->loop) update(r);
}

static void output_changed(void *owner) {
    struct relay *r = owner;
    if (r->out->status) {
        r->reset = r->received > 0; /* it may be what stdout did not take */
        finish(r, (enum status)r->out->status);
        return;
    }
    if (!r->out->full && r->receiving == RELAY_DRAINING) end_receiving(r);
    if (r->sock.loop) update(r);
}

static void idle_over(struct timer *t) {
    struct relay *r = container_of(t, struct relay, timer);
    char idle[TEXT_SHORT];
    if (timer_put_off(t, r->active, r->idle)) return;
    msg_error("%s: no byte either way for %s", r->peer, text_duration(r->idle, idle));
    if (r->read > 0) tell_lost(r, true);
    finish(r, STATUS_TIMEOUT);
}

void relay_start(struct relay *r, struct loop *loop, int sock, int in, struct output *out) {
    *r = (struct relay){.loop = loop,
                        .out = out,
                        .half_close = true,
                        .typed = SOURCE_TTY,
                        .active = loop_now(loop)};
    out->changed = output_changed;
    out->owner = r;
    sink_start(&r->to_peer, sock);
    watch_start(loop, &r->sock, sock, 0, sock_ready);
    if (in >= 0) source_start(&r->in, loop, in, pull_input);
}

void relay_say(struct relay *r, const char *bytes, size_t n) {
    if (n > 0) buf_put(&r->to_peer.held, bytes, n);
}

static void more_may_go(struct throttle *t) { update(t->owner); }

static void limit(struct relay *r) {
    for (int i = 0; i < 2; i++) {
        r->paces[i] = (struct throttle){.again = more_may_go, .owner = r};
        throttle_start(&r->paces[i], r->loop, r->rate);
    }
    r->to_peer.pace = &r->paces[0];
    r->incoming = &r->paces[1];
}

void relay_run(struct relay *r) {
    if (r->rate) limit(r);
    if (r->idle) timer_start(r->loop, &r->timer, r->idle, idle_over);
    if (!r->in.loop && !r->want_typing) r->sending = RELAY_DRAINING;
    r->peer_full = true; /* the first event sends what was said, or finds that nothing waits */
    update(r);
}
