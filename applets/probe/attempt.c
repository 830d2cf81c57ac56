#include "applets/probe/attempt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/net/bind.h"
#include "common/net/measured.h"
#include "common/net/sock.h"

/* --- spare sockets --- */

static struct attempt_pool *pool_of(const struct attempt *a) {
    int six = addr_family(&a->to) == AF_INET6;
    return &a->plan->pools[2 * six + addr_is_loopback(&a->to)];
}

/* With --trace each attempt shows a socket of its own. */
static bool is_reusable(const struct attempt *a) {
    int family = addr_family(&a->to);
    bool inet = family == AF_INET || family == AF_INET6;
    return a->question->type == SOCK_STREAM && inet && !sock_tracing();
}

static void keep_spare(struct attempt_pool *p, int fd) {
    if (p->count == p->room) {
        p->room = p->room ? 2 * p->room : 16;
        p->fds = mem_resize(p->fds, p->room, sizeof *p->fds);
    }
    p->fds[p->count++] = fd;
}

static bool take_spare(struct attempt *a) {
    struct attempt_pool *p = pool_of(a);
    if (!is_reusable(a) || p->count == 0) return false;
    a->fd = p->fds[--p->count];
    return true;
}

bool attempt_plan_free(struct attempt_plan *plan) {
    bool any = false;
    for (int i = 0; i < ATTEMPT_POOLS; i++) {
        struct attempt_pool *p = &plan->pools[i];
        any |= p->count > 0;
        while (p->count > 0) sock_close(p->fds[--p->count]);
        free(p->fds);
        *p = (struct attempt_pool){0};
    }
    return any;
}

void attempt_plan_share(struct attempt_plan *plan) {
    if (plan->proxy) return; /* all go to the same port of the proxy */
    attempt_plan_free(plan); /* they have no port yet */
    plan->share_port = true;
}

/* --- new sockets --- */

/* A datagram to a Unix socket is answered only if its sender has a name: without one given, the
 * system finds one where it can (unix(7), autobind). */
static void name_unix(int fd) {
    struct addr none = {.size = offsetof(struct sockaddr_un, sun_path)};
    none.as.un.sun_family = AF_UNIX;
    (void)sock_bind(fd, &none);
}

/* The system chooses the port, once; without one the socket works as well. */
static void bind_shared(struct attempt *a) {
    struct addr *shared = &pool_of(a)->shared;
    int family = addr_family(&a->to);
    if (!shared->size) {
        (addr_is_loopback(&a->to) ? addr_loopback : addr_any)(family, 0, shared);
        int scout = sock_open(family, SOCK_STREAM);
        if (scout >= 0 && sock_bind(scout, shared) == 0) sock_local(scout, shared);
        if (scout >= 0) sock_close(scout);
    }
    sock_set(a->fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    (void)sock_bind(a->fd, shared);
}

static int bind_to_local(struct attempt *a, struct cause *cause) {
    struct attempt_plan *plan = a->plan;
    int family = addr_family(&a->to), type = a->question->type;
    const struct addr *local = addrs_of_family(plan->locals, family);
    if (family == AF_UNIX && type == SOCK_DGRAM) name_unix(a->fd);
    if (family == AF_UNIX) return 0;
    if (!local && plan->locals->count > 0) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    if (!local && plan->share_port && type == SOCK_STREAM) bind_shared(a);
    if (!local) return 0;
    if (addr_port(local)) sockopt_default(plan->options, a->fd, "reuseaddr", 1);
    return bind_local(a->fd, type, local, cause);
}

static void open_socket(struct attempt *a, struct cause *cause) {
    a->fd = bind_socket(addr_family(&a->to), a->question->type, a->plan->options, cause);
    if (a->fd < 0 || bind_to_local(a, cause) == 0) return;
    sock_close(a->fd);
    a->fd = -1;
}

/* --- the end --- */

static enum port_state state_of(int error) {
    switch (error) {
    case 0:
        return PORT_OPEN;
    case ECONNREFUSED:
    case ECONNRESET:
    case ENOENT:
        return PORT_CLOSED;
    case ETIMEDOUT:
    case EAGAIN:
        return PORT_NO_ANSWER; /* EAGAIN: a Unix socket whose backlog is full */
    default:
        return PORT_UNREACHABLE;
    }
}

/* The side that ends first is left with the TIME_WAIT; unless that was the peer, a reset prevents
 * it. A payload to which nobody waited for an answer would be lost by a reset. */
static void part(struct attempt *a) {
    const struct question *q = a->question;
    bool reached = a->connected || a->entered;
    char peer[ADDR_TEXT];
    if (reached) measured_note(a->fd, addr_text(&a->to, peer));
    bool stream = q->type == SOCK_STREAM && addr_family(&a->to) != AF_UNIX && reached;
    bool delivering = q->payload_size > 0 && !a->heard;
    if (!stream || delivering || sock_tcp_state(a->fd) == SYSINFO_PEER_ENDED)
        sock_close(a->fd);
    else
        sock_part(a->fd);
}

static void drop_passage(struct attempt *a) {
    passage_free(a->passage);
    a->passage = NULL;
}

static void close_socket(struct attempt *a) {
    watch_stop(&a->watch);
    timer_stop(&a->silence);
    drop_passage(a);
    if (a->fd < 0) return;
    if (a->found.state == PORT_CLOSED && !a->connected && !a->entered && is_reusable(a))
        keep_spare(pool_of(a), a->fd);
    else
        part(a);
    a->fd = -1;
}

static void keep_line(struct attempt *a) {
    const struct question *q = a->question;
    if (a->answer.size == 0 || (!q->banner && a->found.state != PORT_UNEXPECTED)) return;
    size_t size;
    const char *line = question_line(q, buf_at(&a->answer), a->answer.size, &size);
    a->found.said = mem_new(size + 1);
    a->found.said_size = size;
    memcpy(a->found.said, line, size);
}

/* `now` is when the loop woke up; before the loop watches the socket, time goes on. */
static void note_time(struct attempt *a, int64_t now) {
    if (!a->watch.loop) now = loop_clock();
    a->found.took = now > a->since ? now - a->since : 1;
}

/* Only what the service says is waited for. */
static bool is_open(const struct attempt *a) {
    return a->connected && !question_needs_answer(a->question);
}

/* True: all functions that lead here say by it that the state is known. */
static bool decide(struct attempt *a, int64_t now, enum port_state state, int error) {
    if (!is_open(a)) note_time(a, now);
    a->found.state = state;
    a->found.error = error;
    keep_line(a);
    close_socket(a);
    return true;
}

/* --- what the service says --- */

static enum answer judge(const struct attempt *a, bool ended) {
    return question_judge(a->question, buf_at(&a->answer), a->answer.size, ended);
}

/* Nobody waits for an answer: then it is enough that the question, if there is one, was taken, and
 * that nothing went wrong. */
static bool is_content(const struct attempt *a, int error) {
    return a->asked && !error && !question_needs_answer(a->question);
}

/* No more will come, for this reason. */
static bool conclude(struct attempt *a, int64_t now, int error) {
    bool heard = a->heard || is_content(a, error);
    if (a->connected && heard && judge(a, true) == ANSWER_GOOD) return decide(a, now, PORT_OPEN, 0);
    return decide(a, now, a->answer.size > 0 ? PORT_UNEXPECTED : PORT_NO_ANSWER, error);
}

static void silence_over(struct timer *t) {
    struct attempt *a = container_of(t, struct attempt, silence);
    conclude(a, loop_now(t->loop), 0);
    a->done(a);
}

static void await_bytes(struct attempt *a) {
    if (a->plan->idle) timer_start(a->plan->loop, &a->silence, a->plan->idle, silence_over);
}

/* A datagram could not be sent or received; what came before still counts. */
static bool datagram_failed(struct attempt *a, int64_t now, int error) {
    return a->heard ? conclude(a, now, error) : decide(a, now, state_of(error), error);
}

static bool receive(struct attempt *a, int64_t now) {
    static char bytes[QUESTION_ANSWER];
    bool datagram = a->question->type == SOCK_DGRAM;
    while (a->answer.size < sizeof bytes) {
        size_t most = sizeof bytes - a->answer.size;
        ssize_t n = sock_recv(a->fd, bytes, datagram ? most : sock_read_most(most));
        if (n < 0 && loop_not_yet(errno)) return false;
        if (n < 0 && datagram) return datagram_failed(a, now, errno);
        if (n < 0) return conclude(a, now, errno);
        if (n == 0 && !datagram) break;
        /* A datagram to a port that nobody has comes back where that is the port the system chose
         * for its sender. */
        if (datagram && sock_met_itself(a->fd, &a->to))
            return decide(a, now, PORT_CLOSED, ECONNREFUSED);
        a->heard = true;
        buf_put(&a->answer, bytes, (size_t)n);
        enum answer meaning = judge(a, false);
        if (meaning == ANSWER_GOOD) return decide(a, now, PORT_OPEN, 0);
        if (meaning == ANSWER_WRONG) return decide(a, now, PORT_UNEXPECTED, 0);
        await_bytes(a);
    }
    return conclude(a, now, 0);
}

static bool send_payload(struct attempt *a, int64_t now) {
    const struct question *q = a->question;
    bool datagram = q->type == SOCK_DGRAM;
    if (!a->asked || !timer_running(&a->silence)) await_bytes(a);
    while (!a->asked) {
        ssize_t n = sock_send(a->fd, q->payload + a->sent, q->payload_size - a->sent);
        if (n < 0 && loop_not_yet(errno)) return false;
        if (n < 0 && datagram) return datagram_failed(a, now, errno);
        if (n < 0) return conclude(a, now, errno);
        a->sent += (size_t)n;
        a->asked = a->sent == q->payload_size;
    }
    if (!question_reads(q)) return decide(a, now, PORT_OPEN, 0);
    if (a->watch.loop) watch_want(&a->watch, LOOP_READ);
    return receive(a, now);
}

/* --- connecting --- */

static bool failed(struct attempt *a, int64_t now, int error) {
    if (!a->passage) return decide(a, now, state_of(error), error);
    passage_note_loss(a->passage, error, &a->found);
    return decide(a, now, a->found.state, error);
}

static bool connected(struct attempt *a, int64_t now) {
    a->connected = true;
    note_time(a, now);
    a->asked = a->question->type == SOCK_STREAM && a->question->payload_size == 0;
    return send_payload(a, now);
}

static void ready(struct watch *w, unsigned events);

static void watch_socket(struct attempt *a) {
    watch_start(a->plan->loop, &a->watch, a->fd, a->asked ? LOOP_READ : LOOP_WRITE, ready);
}

static bool refused(struct attempt *a, int64_t now) {
    passage_note_refusal(a->passage, &a->found);
    return decide(a, now, a->found.state, 0);
}

static void passed(struct passage *p) {
    struct attempt *a = p->owner;
    int64_t now = loop_now(a->plan->loop);
    bool known = passage_is_open(p) ? connected(a, now) : refused(a, now);
    if (known) {
        if (!a->entering) a->done(a);
        return;
    }
    drop_passage(a);
    watch_socket(a);
}

/* The proxy is at the other end. True when it is known already that it cannot be asked. */
static bool enter(struct attempt *a) {
    watch_stop(&a->watch);
    a->entered = true;
    a->passage->owner = a;
    a->passage->done = passed;
    a->entering = true;
    passage_enter(a->passage, a->plan->loop, a->fd);
    a->entering = false;
    return a->found.state != PORT_UNKNOWN;
}

/* The socket is connected. */
static bool reached(struct attempt *a, int64_t now) {
    if (a->question->type == SOCK_STREAM && sock_met_itself(a->fd, &a->to)) {
        sock_abort(a->fd);
        a->fd = -1;
        return failed(a, now, ECONNREFUSED);
    }
    return a->passage ? enter(a) : connected(a, now);
}

/* A second connect(2) tells the outcome (POSIX: EALREADY, EISCONN) and leaves a refused socket fit
 * to be used again. */
static int ask_again(const struct attempt *a) {
    if (sock_connect(a->fd, &a->to) == 0 || errno == EISCONN) return 0;
    return errno == EALREADY ? EINPROGRESS : errno;
}

/* A peer on this machine, or in another network namespace of it, has answered by the time
 * connect(2) returns: then the loop need not watch the socket. */
static int connect_once(const struct attempt *a) {
    bool asked_twice = addr_family(&a->to) == AF_UNIX || addr_is_loopback(&a->to);
    if (sock_connect(a->fd, &a->to) == 0) return 0;
    if (errno != EINPROGRESS || asked_twice || sock_tracing()) return errno;
    return ask_again(a);
}

static bool outcome(struct attempt *a, int64_t now, int error) {
    if (error == EINPROGRESS) return false;
    return error ? failed(a, now, error) : reached(a, now);
}

static void ready(struct watch *w, unsigned events) {
    struct attempt *a = container_of(w, struct attempt, watch);
    int64_t now = loop_now(w->loop);
    size_t before = a->connected + a->sent + a->answer.size;
    bool known;
    (void)events;
    if (a->connected)
        known = send_payload(a, now);
    else if (sock_tracing())
        known = outcome(a, now, sock_connected(a->fd, &a->to, a->since) < 0 ? errno : 0);
    else
        known = outcome(a, now, ask_again(a));
    if (known)
        a->done(a);
    else if (w->loop && a->connected + a->sent + a->answer.size == before)
        watch_stalled(w);
}

static enum attempt_start no_socket(struct attempt *a, const struct cause *cause) {
    bool is_short = sock_is_short(errno);
    if (cause->text[0] || is_short) drop_passage(a);
    if (cause->text[0]) return ATTEMPT_IMPOSSIBLE;
    if (is_short) return ATTEMPT_SHORT;
    failed(a, a->since, errno);
    return ATTEMPT_KNOWN;
}

/* POSIX leaves open whether a socket whose connection failed can be used again; it cannot leave its
 * port for another address. */
static bool is_spoiled(int error) {
    return error == EINVAL || error == ECONNABORTED || error == EISCONN;
}

/* True when the socket is to blame and not the peer: it is closed, and another is to be tried. */
static bool was_its_fault(struct attempt *a, bool reused, int error) {
    /* There is a connection already between the shared port and this address. */
    bool alike = a->plan->share_port && error == EADDRNOTAVAIL;
    if (!alike && !(reused && is_spoiled(error))) return false;
    sock_close(a->fd);
    if (alike) attempt_plan_free(a->plan);
    if (alike) a->plan->share_port = false;
    return true;
}

enum attempt_start attempt_start(struct attempt *a, struct cause *cause) {
    int error;
    bool reused;
    a->since = loop_clock();
    if (a->plan->proxy) a->passage = passage_new(a->plan->proxy, &a->through);
    *cause = (struct cause){0};
    do {
        reused = take_spare(a);
        if (!reused) open_socket(a, cause);
        if (a->fd < 0) return no_socket(a, cause);
        error = connect_once(a);
    } while (was_its_fault(a, reused, error));
    if (outcome(a, a->since, error)) return ATTEMPT_KNOWN;
    if (!a->entered) watch_socket(a);
    return ATTEMPT_PENDING;
}

bool attempt_suffices(const struct attempt *a) { return a->entered || is_open(a); }

void attempt_end(struct attempt *a, int why) {
    int64_t now = loop_clock();
    if (a->found.state != PORT_UNKNOWN) return;
    if (!a->connected && a->passage) passage_note_loss(a->passage, ETIMEDOUT, &a->found);
    if (!a->connected && !a->entered) {
        watch_stop(&a->watch);
        sock_give_up(a->fd, &a->to, a->since, why == ETIMEDOUT);
        a->fd = -1;
    }
    conclude(a, now, 0);
}

void attempt_free(struct attempt *a) {
    finding_clear(&a->found);
    buf_free(&a->answer);
}
