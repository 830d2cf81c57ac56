#include "common/net/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/loop/loop.h"
#include "common/net/trace.h"

#define SKIP_ONCE 4096
#define SKIP_TRIES 16 /* what is there has to come, whatever interrupts the call */

void sock_trace(int level) { trace_level = level; }

bool sock_tracing(void) { return trace_level > 0; }

static size_t read_most = SOCK_READ_MOST;

void sock_read_at_most(size_t n) { read_most = n; }

size_t sock_read_most(size_t n) { return n < read_most ? n : read_most; }

bool sock_copying(void) { return sock_tracing() || read_most < SOCK_READ_MOST; }

bool sock_is_short(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool sock_peer_is_gone(int error) {
    return error == EPIPE || error == ECONNRESET || error == ETIMEDOUT;
}

int sock_open(int family, int type) {
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (trace_shows(fd)) trace_socket(fd, family, type);
    return fd;
}

static int bind_as(int fd, const struct addr *a, bool listens) {
    if (trace_level) trace_before_bind(fd, a);
    int result = bind(fd, &a->as.any, a->size);
    if (trace_shows(result)) trace_bind(result, fd, a, listens);
    return result;
}

int sock_bind_listener(int fd, const struct addr *a) { return bind_as(fd, a, true); }

int sock_bind(int fd, const struct addr *a) { return bind_as(fd, a, false); }

int sock_listen(int fd, int backlog) {
    int result = listen(fd, backlog);
    if (trace_shows(result)) trace_listen(result, fd, backlog);
    return result;
}

int sock_accept(int fd, struct addr *peer) {
    memset(peer, 0, sizeof *peer);
    peer->size = sizeof peer->as;
    int result = accept4(fd, &peer->as.any, &peer->size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (trace_shows(result)) trace_accept(result, fd, peer);
    return result;
}

/* Shows the getsockopt(2) behind an answer of sysinfo.h. errno was 0 before it: one that told
 * nothing, without an error, made no call. */
static void show_asked(bool told, int fd, const char *what) {
    if (trace_level > 1 && (told || errno))
        call_show(errno ? -1 : 0, "", "getsockopt(%d, %s)", fd, what);
}

enum sysinfo_state sock_tcp_state(int fd) {
    errno = 0;
    enum sysinfo_state state = sysinfo_tcp_state(fd);
    show_asked(state != SYSINFO_UNKNOWN, fd, "TCP_INFO");
    return state;
}

bool sock_counts(int fd, uint64_t *received, uint64_t *sent) {
    errno = 0;
    bool told = sysinfo_counts(fd, received, sent);
    show_asked(told, fd, "TCP_INFO");
    return told;
}

bool sock_measured(int fd, struct sysinfo_measured *out) {
    errno = 0;
    bool told = sysinfo_measured(fd, out);
    show_asked(told, fd, "TCP_INFO");
    return told;
}

pid_t sock_peer_pid(int fd) {
    errno = 0;
    pid_t pid = sysinfo_peer_pid(fd);
    show_asked(pid > 0, fd, "SO_PEERCRED");
    return pid;
}

int sock_shutdown(int fd) {
    if (trace_level) trace_before_shutdown(fd);
    if (trace_level) call_began(loop_clock());
    int result = shutdown(fd, SHUT_WR);
    if (trace_shows(result)) trace_shutdown(result, fd, "SHUT_WR");
    return result;
}

void sock_close(int fd) {
    int error = errno;
    if (trace_level) trace_before_close(fd);
    if (trace_level) call_began(loop_clock());
    int result = close(fd);
    if (trace_level) trace_close(result, fd);
    errno = error;
}

static void close_by_reset(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    static const struct sock_option option = {SOL_SOCKET, SO_LINGER, "SO_LINGER"};
    sock_set_bytes(fd, &option, &now, sizeof now);
}

void sock_abort(int fd) {
    close_by_reset(fd);
    sock_close(fd);
}

void sock_reset(int fd) {
    static const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    struct addr local;
    close_by_reset(fd);
    if (sock_local(fd, &local) == 0 && addr_family(&local) == AF_UNIX) {
        int result = shutdown(fd, SHUT_RDWR); /* there is no reset */
        if (trace_shows(result)) trace_shutdown(result, fd, "SHUT_RDWR");
        return;
    }
    if (trace_level) trace_before_disconnect(fd);
    int result = connect(fd, &nobody, sizeof nobody);
    if (trace_level) trace_disconnect(result, fd);
}

void sock_part(int fd) {
    close_by_reset(fd); /* before the other two: the peer might end in the time between them */
    sock_shutdown(fd);
    sock_close(fd);
}

/* --- connect --- */

int sock_connect(int fd, const struct addr *a) {
    int64_t since = trace_level ? loop_clock() : 0;
    int result = connect(fd, &a->as.any, a->size);
    /* A connect that a signal interrupts goes on by itself (connect(3p)). */
    if (result < 0 && errno == EINTR) errno = EINPROGRESS;
    /* On the loopback the outcome is known by now, and a second call tells it. */
    if (result < 0 && errno == EINPROGRESS && addr_is_loopback(a)) {
        result = connect(fd, &a->as.any, a->size);
        if (result < 0 && errno == EALREADY) errno = EINPROGRESS;
    }
    if (trace_shows(result)) trace_connect(result, fd, a, since);
    if (trace_level && result < 0 && errno == EINPROGRESS) trace_connecting(fd);
    return result;
}

int sock_connected(int fd, const struct addr *a, int64_t since) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
    errno = error;
    if (trace_level) trace_connect(error ? -1 : 0, fd, a, since);
    if (trace_level > 1) call_show(0, "", "getsockopt(%d, SO_ERROR)", fd);
    return error ? -1 : 0;
}

bool sock_met_itself(int fd, const struct addr *to) {
    struct addr local;
    /* The system itself chooses no port below 1024. */
    if (addr_family(to) == AF_UNIX || addr_port(to) < 1024) return false;
    return sock_local(fd, &local) == 0 && addr_equal(&local, to);
}

void sock_give_up(int fd, const struct addr *a, int64_t since, bool limit) {
    if (trace_level) trace_give_up(fd, a, since, limit);
    sock_close(fd);
}

/* --- bytes --- */

ssize_t sock_recv(int fd, void *bytes, size_t n) {
    ssize_t result = recv(fd, bytes, n, MSG_DONTWAIT);
    if (trace_shows(result)) trace_recv(result, fd, bytes, n);
    return result;
}

ssize_t sock_peek(int fd, void *bytes, size_t n) {
    ssize_t result;
    do result = recv(fd, bytes, n, MSG_DONTWAIT | MSG_PEEK);
    while (result < 0 && errno == EINTR);
    if (trace_shows(result)) trace_peek(result, fd, bytes, n);
    return result;
}

int sock_skip(int fd, size_t n) {
    char bytes[SKIP_ONCE];
    for (int failures = 0; n > 0;) {
        ssize_t done = sock_recv(fd, bytes, n < sizeof bytes ? n : sizeof bytes);
        if (done == 0) errno = ECONNRESET;
        if (done == 0 || (done < 0 && (!loop_not_yet(errno) || ++failures > SKIP_TRIES))) return -1;
        if (done > 0) n -= (size_t)done;
    }
    return 0;
}

size_t sock_unread(int fd) {
    int n = 0;
    return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

ssize_t sock_send(int fd, const void *bytes, size_t n) {
    if (trace_level) call_began(loop_clock());
    ssize_t result = send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (trace_shows(result)) trace_send(result, fd, bytes, n);
    return result;
}

ssize_t sock_send_secret(int fd, const void *bytes, size_t n) {
    ssize_t result;
    do result = send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (result < 0 && errno == EINTR);
    if (trace_shows(result)) trace_send_secret(result, fd, n);
    return result;
}

ssize_t sock_sendv(int fd, const struct iovec *pieces, int count) {
    if (trace_level || count == 1) return sock_send(fd, pieces[0].iov_base, pieces[0].iov_len);
    return writev(fd, pieces, count);
}

ssize_t sock_recvfrom(int fd, void *bytes, size_t n, struct addr *from) {
    memset(from, 0, sizeof *from);
    from->size = sizeof from->as;
    ssize_t result = recvfrom(fd, bytes, n, 0, &from->as.any, &from->size);
    if (trace_shows(result))
        trace_received(result, "recvfrom", fd, &(struct iovec){bytes, n}, from);
    return result;
}

ssize_t sock_sendto(int fd, const void *bytes, size_t n, const struct addr *to) {
    if (trace_level) call_began(loop_clock());
    ssize_t result = sendto(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT, to ? &to->as.any : NULL,
                            to ? to->size : 0);
    if (trace_shows(result))
        trace_sent(result, "sendto", fd, &(struct iovec){(void *)(uintptr_t)bytes, n}, to);
    return result;
}

/* --- options and names: shown with -TT --- */

int sock_set(int fd, int level, int name, int value, const char *what) {
    int result = setsockopt(fd, level, name, &value, sizeof value);
    const struct sock_option option = {level, name, what};
    if (trace_level) trace_set(result, fd, &option, value);
    return result;
}

int sock_set_bytes(int fd, const struct sock_option *option, const void *value, socklen_t size) {
    int result = setsockopt(fd, option->level, option->name, value, size);
    if (trace_level) trace_set_bytes(result, fd, option, value, size);
    return result;
}

int sock_get(int fd, int level, int name, int *value, const char *what) {
    socklen_t size = sizeof *value;
    int result = getsockopt(fd, level, name, value, &size);
    const struct sock_option option = {level, name, what};
    if (trace_level) trace_get(result, fd, &option, *value);
    return result;
}

int sock_set_blocking(int fd, bool on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static void empty(struct addr *a) {
    memset(a, 0, sizeof *a);
    a->size = sizeof a->as;
}

static int named(int result, const char *call, int fd, const struct addr *a) {
    if (trace_level) trace_name(result, fd, call, a);
    return result;
}

int sock_local(int fd, struct addr *a) {
    empty(a);
    return named(getsockname(fd, &a->as.any, &a->size), "getsockname", fd, a);
}

int sock_peer(int fd, struct addr *a) {
    empty(a);
    return named(getpeername(fd, &a->as.any, &a->size), "getpeername", fd, a);
}
