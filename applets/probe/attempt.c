#include "applets/probe/attempt.h"

#include <errno.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/net/bind.h"
#include "common/net/sock.h"

#define READ_ONCE ((size_t)4096)

/* --- sockets --- */

static int *spare_for(struct attempt_plan *plan, int family) {
    bool inet = family == AF_INET || family == AF_INET6;
    return plan->type == SOCK_STREAM && inet && !sock_tracing() ? &plan->spare[family == AF_INET6]
                                                                : NULL;
}

void attempt_plan_free(struct attempt_plan *plan) {
    for (int i = 0; i < 2; i++) {
        if (plan->spare[i]) sock_close(plan->spare[i]);
        plan->spare[i] = 0;
    }
}

/* A datagram to a Unix socket is answered only if its sender has a name: without one given, the
 * system finds one where it can (unix(7), autobind). */
static void name_datagrams(const struct attempt_plan *plan, int fd, int family) {
    struct addr none = {.size = offsetof(struct sockaddr_un, sun_path)};
    none.as.un.sun_family = AF_UNIX;
    if (family == AF_UNIX && plan->type == SOCK_DGRAM) (void)sock_bind(fd, &none);
}

/* The system has chosen the port, once; without one the socket works as well. */
static void bind_shared(struct attempt_plan *plan, int fd, int family) {
    struct addr *shared = &plan->shared[family == AF_INET6];
    if (!shared->size) {
        addr_loopback(family, 0, shared);
        int scout = sock_open(family, SOCK_STREAM);
        if (scout >= 0 && sock_bind(scout, shared) == 0) sock_local(scout, shared);
        if (scout >= 0) sock_close(scout);
    }
    sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    (void)sock_bind(fd, shared);
}

static int bind_to_local(struct attempt_plan *plan, int fd, const struct addr *to,
                         struct cause *cause) {
    int family = addr_family(to);
    const struct addr *local = addrs_of_family(plan->locals, family);
    name_datagrams(plan, fd, family);
    if (!local && plan->locals->count > 0 && family != AF_UNIX) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    if (!local && plan->share_port && addr_is_loopback(to)) bind_shared(plan, fd, family);
    if (!local) return 0;
    if (addr_port(local)) sockopt_default(plan->options, fd, "reuseaddr", 1);
    return bind_local(fd, plan->type, local, cause);
}

static int open_socket(struct attempt_plan *plan, const struct addr *to, struct cause *cause) {
    int fd = bind_socket(addr_family(to), plan->type, plan->options, cause);
    if (fd < 0 || bind_to_local(plan, fd, to, cause) == 0) return fd;
    sock_close(fd);
    return -1;
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

/* Who ends first has the TIME_WAIT, so a reset is needed unless that was the peer. A payload that
 * nobody waited for an answer to must not be lost by it. */
static void part(struct attempt *a) {
    bool stream = a->plan->type == SOCK_STREAM && addr_family(&a->to) != AF_UNIX && a->connected;
    bool delivering = a->plan->payload_size > 0 && a->answer.size == 0;
    if (!stream || delivering || sock_tcp_state(a->fd) == SYSINFO_PEER_ENDED)
        sock_close(a->fd);
    else
        sock_part(a->fd);
}

static void close_socket(struct attempt *a) {
    int *spare = spare_for(a->plan, addr_family(&a->to));
    watch_stop(&a->watch);
    timer_stop(&a->silence);
    if (a->fd < 0) return;
    if (a->found.state == PORT_CLOSED && !a->connected && spare && !*spare)
        *spare = a->fd;
    else
        part(a);
    a->fd = -1;
}

/* The first line of what came, without its end. */
static void keep_line(struct attempt *a) {
    const char *text = buf_at(&a->answer);
    const char *end = a->answer.size ? memchr(text, '\n', a->answer.size) : NULL;
    size_t size = end ? (size_t)(end - text) : a->answer.size;
    if (a->answer.size == 0) return;
    if (size > 0 && text[size - 1] == '\r') size--;
    a->found.said = mem_new(size + 1);
    a->found.said_size = size;
    memcpy(a->found.said, text, size);
}

/* True: all functions that lead here say by it that the state is known. */
static bool decide(struct attempt *a, int64_t now, enum port_state state, int error) {
    a->found.state = state;
    a->found.error = error;
    if (!a->found.took) a->found.took = now > a->since ? now - a->since : 1;
    if (a->plan->banner) keep_line(a);
    close_socket(a);
    return true;
}

/* --- what the service says --- */

static bool expected_came(const struct attempt *a) {
    const char *wanted = a->plan->expect;
    return !wanted || (a->answer.size > 0 &&
                       memmem(buf_at(&a->answer), a->answer.size, wanted, strlen(wanted)));
}

static bool enough_came(const struct attempt *a) {
    bool line = a->plan->type == SOCK_DGRAM ||
                (a->answer.size > 0 && memchr(buf_at(&a->answer), '\n', a->answer.size));
    return expected_came(a) && (line || !a->plan->banner);
}

/* No more will come. */
static bool judge(struct attempt *a, int64_t now) {
    bool open = a->plan->type == SOCK_STREAM && a->connected && expected_came(a);
    return decide(a, now, open ? PORT_OPEN : PORT_NO_ANSWER, 0);
}

static void silence_over(struct timer *t) {
    struct attempt *a = container_of(t, struct attempt, silence);
    judge(a, loop_now(t->loop));
    a->done(a);
}

static void expect_bytes(struct attempt *a) {
    if (a->plan->idle) timer_start(a->plan->loop, &a->silence, a->plan->idle, silence_over);
}

static bool receive(struct attempt *a, int64_t now) {
    char bytes[ATTEMPT_ANSWER];
    bool datagram = a->plan->type == SOCK_DGRAM;
    while (a->answer.size < sizeof bytes) {
        ssize_t n = sock_recv(a->fd, bytes, sizeof bytes - a->answer.size);
        if (n < 0 && loop_not_yet(errno)) return false;
        if (n < 0 && datagram) return decide(a, now, state_of(errno), errno);
        if (n < 0 || (n == 0 && !datagram)) break;
        buf_put(&a->answer, bytes, (size_t)n);
        if (enough_came(a)) return decide(a, now, PORT_OPEN, 0);
        expect_bytes(a);
    }
    return judge(a, now);
}

static bool send_payload(struct attempt *a, int64_t now) {
    const struct attempt_plan *plan = a->plan;
    bool datagram = plan->type == SOCK_DGRAM;
    if (!a->asked || !timer_running(&a->silence)) expect_bytes(a);
    while (!a->asked) {
        ssize_t n = sock_send(a->fd, plan->payload + a->sent, plan->payload_size - a->sent);
        if (n < 0 && loop_not_yet(errno)) return false;
        if (n < 0) return datagram ? decide(a, now, state_of(errno), errno) : judge(a, now);
        a->sent += (size_t)n;
        a->asked = a->sent == plan->payload_size;
    }
    if (!datagram && !plan->banner && !plan->expect) return decide(a, now, PORT_OPEN, 0);
    if (a->watch.loop) watch_want(&a->watch, LOOP_READ);
    return receive(a, now);
}

/* --- connecting --- */

static bool connected(struct attempt *a, int64_t now) {
    a->connected = true;
    if (a->plan->type != SOCK_STREAM) return send_payload(a, now);
    a->found.took = now > a->since ? now - a->since : 1;
    if (sock_met_itself(a->fd, &a->to)) {
        sock_abort(a->fd);
        a->fd = -1;
        return decide(a, now, PORT_CLOSED, ECONNREFUSED);
    }
    a->asked = a->plan->payload_size == 0;
    return send_payload(a, now);
}

/* A second connect(2) tells the outcome (POSIX: EALREADY, EISCONN) and leaves a refused socket fit
 * to be used again. */
static int ask_again(const struct attempt *a) {
    if (sock_connect(a->fd, &a->to) == 0 || errno == EISCONN) return 0;
    return errno == EALREADY ? EINPROGRESS : errno;
}

static bool outcome(struct attempt *a, int64_t now, int error) {
    if (error == EINPROGRESS) return false;
    return error ? decide(a, now, state_of(error), error) : connected(a, now);
}

static void ready(struct watch *w, unsigned events) {
    struct attempt *a = container_of(w, struct attempt, watch);
    int64_t now = loop_now(w->loop);
    bool known;
    (void)events;
    if (!a->connected && sock_tracing())
        known = outcome(a, now, sock_connected(a->fd, &a->to, a->since) < 0 ? errno : 0);
    else if (!a->connected)
        known = outcome(a, now, ask_again(a));
    else
        known = send_payload(a, now);
    if (known) a->done(a);
}

static bool take_spare(struct attempt *a) {
    int *spare = spare_for(a->plan, addr_family(&a->to));
    if (!spare || !*spare) return false;
    a->fd = *spare;
    *spare = 0;
    return true;
}

static enum attempt_start no_socket(struct attempt *a, int64_t now, const struct cause *cause) {
    if (cause->text[0]) return ATTEMPT_IMPOSSIBLE;
    if (sock_is_short(errno)) return ATTEMPT_SHORT;
    decide(a, now, PORT_UNREACHABLE, errno);
    return ATTEMPT_KNOWN;
}

/* POSIX leaves open whether a socket whose connection failed can be used again; it cannot leave its
 * port for another address. */
static bool is_spoiled(int error) {
    return error == EINVAL || error == ECONNABORTED || error == EISCONN;
}

/* True: once more, with another socket. */
static bool was_its_fault(struct attempt *a, bool reused, int error) {
    /* two connections with the same four numbers */
    bool alike = a->plan->share_port && error == EADDRNOTAVAIL;
    if (!alike && !(reused && is_spoiled(error))) return false;
    sock_close(a->fd);
    if (alike) attempt_plan_free(a->plan);
    if (alike) a->plan->share_port = false;
    return true;
}

enum attempt_start attempt_start(struct attempt_plan *plan, struct attempt *a,
                                 const struct addr *to, void (*done)(struct attempt *a),
                                 struct cause *cause) {
    int error;
    bool reused;
    *a = (struct attempt){.done = done, .plan = plan, .to = *to, .since = loop_clock(), .fd = -1};
    *cause = (struct cause){0};
    do {
        reused = take_spare(a);
        if (!reused) a->fd = open_socket(plan, to, cause);
        if (a->fd < 0) return no_socket(a, a->since, cause);
        error = sock_connect(a->fd, to) == 0 ? 0 : errno;
    } while (was_its_fault(a, reused, error));
    if (outcome(a, loop_clock(), error)) return ATTEMPT_KNOWN;
    watch_start(plan->loop, &a->watch, a->fd, a->asked ? LOOP_READ : LOOP_WRITE, ready);
    return ATTEMPT_PENDING;
}

void attempt_end(struct attempt *a, int why) {
    int64_t now = loop_clock();
    if (a->found.state != PORT_UNKNOWN) return;
    if (!a->connected) {
        watch_stop(&a->watch);
        sock_give_up(a->fd, &a->to, a->since, why);
        a->fd = -1;
    }
    judge(a, now);
}

void attempt_free(struct attempt *a) {
    finding_clear(&a->found);
    buf_free(&a->answer);
}
