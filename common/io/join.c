#include "common/io/join.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/sock.h"

#define PULLS_A_TURN 4
#define BULK ((size_t)65536) /* what comes in one turn of a bulk transfer, at least */

static struct join *join_of(struct join_end *e) {
    return container_of(e - e->second, struct join, ends[0]);
}

/* Until join_stop. */
static struct loop *loop_of(const struct join *j) { return j->ends[0].watch.loop; }

static struct join_end *other(struct join_end *e) { return e->second ? e - 1 : e + 1; }

static void update_end(struct join_end *e) {
    const struct join_end *to = other(e);
    unsigned want = 0;
    bool reads = e->saying == JOIN_OPEN && !to->full && !to->gone;
    if (reads && throttle_room(to->sink.pace) > 0) want |= LOOP_READ;
    if (e->full && !e->gone && throttle_room(e->sink.pace) > 0) want |= LOOP_WRITE;
    if (want == 0 && !e->hung && !e->gone) want = LOOP_HANGUP;
    watch_want(&e->watch, want);
}

static void update(struct join *j) {
    for (int i = 0; i < 2; i++)
        if (j->ends[i].watch.loop) update_end(&j->ends[i]);
}

void join_stop(struct join *j) {
    timer_stop(&j->timer);
    for (int i = 0; i < 2; i++) {
        watch_stop(&j->ends[i].watch);
        sink_free(&j->ends[i].sink);
        if (j->paces) throttle_stop(&j->paces[i]);
        j->ends[i].sink.pace = NULL;
    }
    free(j->paces);
    j->paces = NULL;
}

/* --- the end --- */

static void finish(struct join *j, enum status outcome, bool reset) {
    join_stop(j);
    j->plan->done(j, outcome, reset);
}

static void check_over(struct join *j) {
    bool lost = j->ends[0].gone || j->ends[1].gone;
    if (j->ends[0].saying == JOIN_DONE && j->ends[1].saying == JOIN_DONE)
        finish(j, lost ? STATUS_FAILED : STATUS_OK, lost);
}

static void tell(struct join_end *e, int error) {
    const struct join *j = join_of(e);
    bool silent = j->ends[0].said == 0 && j->ends[1].said == 0;
    if (j->plan->expects_checks && silent && error == ECONNRESET)
        msg_note(0, "connection with %s: %s", e->name, lang_error(error));
    else
        msg_error("connection with %s: %s", e->name, lang_error(error));
}

/* Both directions end at once. */
static void fail(struct join_end *e, int error) {
    if (!e->gone) tell(e, error);
    finish(join_of(e), STATUS_FAILED, true);
}

/* A send to this end failed. If it has gone, what it said before is still read; then its end, or
 * its reset, comes too. */
static void sending_failed(struct join_end *e) {
    msg_error("connection with %s: %s", e->name, lang_error(e->sink.error));
    e->gone = true;
    other(e)->saying = JOIN_DONE;
    if (sock_peer_is_gone(e->sink.error))
        check_over(join_of(e));
    else
        finish(join_of(e), STATUS_FAILED, true);
}

static void pass_end_on(struct join_end *e) {
    struct join_end *to = other(e);
    e->saying = JOIN_DONE;
    if (!to->gone) sock_shutdown(to->watch.fd);
    check_over(join_of(e));
}

/* --- bytes --- */

/* The next turn brings about as much as this one did. */
static void choose_mover(struct sink *s, size_t came) {
    s->copying = sock_copying() || came < BULK;
    sink_rest(s);
}

static void ended(struct join_end *e) {
    e->saying = JOIN_DRAINING;
    if (sink_waiting(&other(e)->sink) == 0) pass_end_on(e);
}

/* Several moves a turn, for as long as both ends are ready; a copy that brought little has left
 * nothing behind. */
static enum sink_result pull_some(const struct join_end *e, struct sink *to, size_t *came) {
    enum sink_result result = SINK_MOVED;
    for (int i = 0; i < PULLS_A_TURN && result == SINK_MOVED; i++) {
        size_t moved;
        result = sink_pull(to, e->watch.fd, SOURCE_SOCKET, &moved);
        *came += moved;
        if (!sink_moves(to) && (moved < BULK || sock_tracing())) break;
    }
    return result;
}

static void pull(struct join_end *e) {
    struct join *j = join_of(e);
    struct join_end *to = other(e);
    size_t came = 0;
    enum sink_result result = pull_some(e, &to->sink, &came);
    int error = errno;
    e->said += came;
    if (came) j->active = loop_now(loop_of(j));
    choose_mover(&to->sink, came);
    to->full = sink_waiting(&to->sink) > 0;
    if (result == SINK_DRY && came == 0) watch_stalled(&e->watch);
    if (result == SINK_FAILED) sending_failed(to);
    if (result == SINK_SOURCE_FAILED) fail(e, error);
    if (result == SINK_END) ended(e);
}

static void flush(struct join_end *e) {
    struct join *j = join_of(e);
    uint64_t before = e->sink.taken;
    enum sink_result result = sink_flush(&e->sink);
    if (e->sink.taken != before) j->active = loop_now(loop_of(j));
    if (e->sink.taken == before && result == SINK_FULL) watch_stalled(&e->watch);
    e->full = result == SINK_FULL;
    sink_rest(&e->sink);
    if (result == SINK_FAILED) sending_failed(e);
    if (result == SINK_MOVED && other(e)->saying == JOIN_DRAINING) pass_end_on(other(e));
}

/* --- events --- */

/* Nothing is expected of this end, and yet: a reset; or a Unix socket whose peer has closed it, so
 * that nobody hears what the other end still says. */
static void hung_up(struct join_end *e) {
    int error = 0;
    sock_get(e->watch.fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR");
    e->hung = true;
    if (error) {
        fail(e, error);
    } else if (e->saying == JOIN_DONE) {
        other(e)->saying = JOIN_DONE;
        check_over(join_of(e));
    }
}

static void end_ready(struct watch *w, unsigned events) {
    struct join_end *e = container_of(w, struct join_end, watch);
    struct join *j = join_of(e);
    if (events & LOOP_READ) pull(e);
    if (w->loop && events & LOOP_WRITE && e->full) flush(e);
    if (w->loop && events == LOOP_HANGUP) hung_up(e);
    if (w->loop) update(j);
}

static void idle_over(struct timer *t) {
    struct join *j = container_of(t, struct join, timer);
    int64_t left = j->active + j->plan->idle - loop_now(loop_of(j));
    if (left > 0)
        timer_start(loop_of(j), t, left, idle_over);
    else
        finish(j, STATUS_TIMEOUT, false);
}

void join_start(struct join *j, struct loop *loop, int first, int second) {
    const int fds[2] = {first, second};
    *j = (struct join){.active = loop_now(loop)};
    for (int i = 0; i < 2; i++) {
        struct join_end *e = &j->ends[i];
        e->second = i == 1;
        e->sink = (struct sink){.fd = fds[i], .kind = SOURCE_SOCKET, .copying = true};
        watch_start(loop, &e->watch, fds[i], 0, end_ready);
    }
}

void join_say(struct join *j, int end, const char *bytes, size_t n) {
    if (n == 0) return;
    buf_put(&j->ends[end].sink.held, bytes, n);
    j->ends[end].full = true;
}

static void more_may_go(struct throttle *t) { update(t->owner); }

static void limit(struct join *j) {
    j->paces = mem_new(2 * sizeof *j->paces);
    for (int i = 0; i < 2; i++) {
        j->paces[i] = (struct throttle){.again = more_may_go, .owner = j};
        throttle_start(&j->paces[i], loop_of(j), j->plan->rate);
        j->ends[i].sink.pace = &j->paces[i];
    }
}

void join_run(struct join *j) {
    if (j->plan->rate) limit(j);
    if (j->plan->idle) timer_start(loop_of(j), &j->timer, j->plan->idle, idle_over);
    update(j);
}
