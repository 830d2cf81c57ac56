#include "common/net/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/loop/loop.h"
#include "common/net/trace.h"

/* A call that has nothing to do yet has no outcome to show. */
static bool shown(ssize_t result) {
    return trace_level > 0 && (result >= 0 || (!loop_not_yet(errno) && errno != EINPROGRESS));
}

void sock_trace(int level) { trace_level = level; }

bool sock_tracing(void) { return trace_level > 0; }

bool sock_is_short(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static const char *family_name(int family) {
    return family == AF_INET    ? "AF_INET"
           : family == AF_INET6 ? "AF_INET6"
           : family == AF_UNIX  ? "AF_UNIX"
                                : "AF_?";
}

int sock_open(int family, int type) {
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (shown(fd)) {
        bool stream = type == SOCK_STREAM;
        trace_call(fd,
                   family == AF_UNIX ? "an endpoint on this machine alone, not yet named"
                   : stream          ? "a TCP endpoint, not yet named"
                                     : "a UDP endpoint, not yet named",
                   "socket(%s, %s)", family_name(family), stream ? "SOCK_STREAM" : "SOCK_DGRAM");
        if (fd >= 0)
            trace_set(fd, !stream ? TRACE_DATAGRAM : family == AF_UNIX ? TRACE_OTHER : TRACE_FRESH);
    }
    return fd;
}

int sock_bind(int fd, const struct addr *a) {
    char text[ADDR_TEXT];
    int result = bind(fd, &a->as.any, a->size);
    if (shown(result))
        trace_call(result,
                   result < 0 ? ""
                   : addr_family(a) != AF_UNIX && addr_port(a) == 0
                       ? "named: the system chose a free port"
                       : "named: others can reach it there",
                   "bind(%d, %s)", fd, addr_text(a, text));
    return result;
}

int sock_listen(int fd) {
    int result = listen(fd, SOMAXCONN);
    if (shown(result))
        trace_call(result, result < 0 ? "" : "passive: the system now queues connections",
                   "listen(%d, %d)", fd, SOMAXCONN);
    if (trace_level && result == 0 && trace_get(fd) == TRACE_FRESH) trace_set(fd, TRACE_LISTENER);
    return result;
}

int sock_accept(int fd, struct addr *peer) {
    char words[ADDR_TEXT + 16] = "", text[ADDR_TEXT];
    memset(peer, 0, sizeof *peer);
    peer->size = sizeof peer->as;
    int result = accept4(fd, &peer->as.any, &peer->size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (shown(result)) {
        if (result >= 0) snprintf(words, sizeof words, "from %s", addr_text(peer, text));
        trace_call(result, words, "accept(%d)", fd);
        if (result >= 0) trace_set(result, addr_family(peer) == AF_UNIX ? TRACE_OTHER : TRACE_TCP);
    }
    return result;
}

/* Shows the getsockopt(2) behind an answer of sysinfo.h. errno was 0 before it: one that told
 * nothing, without an error, made no call. */
static void show_asked(bool told, int fd, const char *what) {
    if (trace_level > 1 && (told || errno))
        trace_call(errno ? -1 : 0, "", "getsockopt(%d, %s)", fd, what);
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

/* Takes down who ended the connection first, which is known only until this side ends too. `seen`:
 * what it looks like from here, for a system that does not tell the state. */
static void note_state(int fd, enum sysinfo_state state, enum trace_life seen) {
    if (trace_get(fd) != TRACE_TCP) return;
    if (state == SYSINFO_PEER_ENDED) trace_set(fd, TRACE_PEER_FIRST);
    if (state == SYSINFO_ESTABLISHED || state == SYSINFO_WE_ENDED) trace_set(fd, TRACE_WE_FIRST);
    if (state == SYSINFO_UNKNOWN) trace_set(fd, seen);
}

static void note_end(int fd, enum trace_life seen) {
    if (trace_get(fd) == TRACE_TCP) note_state(fd, sock_tcp_state(fd), seen);
}

static void note_reset(int fd) {
    if (errno == ECONNRESET || errno == EPIPE) trace_set(fd, TRACE_RESET);
}

int sock_shutdown(int fd) {
    if (trace_level) note_end(fd, TRACE_WE_FIRST);
    int result = shutdown(fd, SHUT_WR);
    if (shown(result))
        trace_call(result,
                   result < 0 ? ""
                              : "half-closed: the peer reads end of stream, we can still receive",
                   "shutdown(%d, SHUT_WR)", fd);
    return result;
}

/* Asks once more before the close: since the last call the peer may have reset the connection, or
 * ended as well. Returns how many bytes are unread, which the close will throw away. */
static int note_outcome(int fd) {
    int error = 0, unread = 0;
    sock_get(fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR");
    enum sysinfo_state state = sock_tcp_state(fd);
    bool over = error || state == SYSINFO_CLOSED;
    if (trace_get(fd) == TRACE_PARTING) trace_set(fd, over ? TRACE_WE_FIRST : TRACE_RESET);
    note_state(fd, state, TRACE_WE_FIRST);
    return !over && ioctl(fd, FIONREAD, &unread) == 0 ? unread : 0;
}

static const char *close_words(int fd) {
    bool connected = trace_get(fd) > TRACE_LISTENER && trace_get(fd) != TRACE_RESET;
    if (connected && note_outcome(fd) > 0)
        return "bytes were left unread: the peer gets a reset, no TIME_WAIT";
    switch (trace_get(fd)) {
    case TRACE_LISTENER:
        return "no longer listening";
    case TRACE_WE_FIRST:
        return "we ended first: this side will be in TIME_WAIT";
    case TRACE_PEER_FIRST:
        return "the peer ended first: its side will be in TIME_WAIT";
    case TRACE_RESET:
        return "it was reset: no TIME_WAIT on either side";
    default:
        return "";
    }
}

void sock_close(int fd) {
    int error = errno;
    const char *words = trace_level ? close_words(fd) : "";
    int result = close(fd);
    if (trace_level) {
        trace_call(result, words, "close(%d)", fd);
        trace_set(fd, TRACE_OTHER);
    }
    errno = error;
}

static void close_by_reset(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    static const struct sock_option option = {SOL_SOCKET, SO_LINGER, "SO_LINGER"};
    sock_set_bytes(fd, &option, &now, sizeof now);
    if (trace_level) trace_set(fd, TRACE_PARTING);
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
        shutdown(fd, SHUT_RDWR); /* there is no reset */
        return;
    }
    int result = connect(fd, &nobody, sizeof nobody);
    if (trace_level) trace_call(result, "the connection is reset", "connect(%d, AF_UNSPEC)", fd);
}

void sock_part(int fd) {
    close_by_reset(fd); /* before the other two: the peer might end in the time between them */
    sock_shutdown(fd);
    sock_close(fd);
}

/* --- connect --- */

static void show_connect(int result, int fd, const struct addr *a, int64_t since) {
    char text[ADDR_TEXT], duration[TEXT_SHORT], words[128];
    int error = errno;
    text_duration(loop_clock() - since, duration);
    if (trace_get(fd) != TRACE_DATAGRAM)
        snprintf(words, sizeof words, result < 0 ? "after %s" : "connected: the handshake took %s",
                 duration);
    else
        snprintf(words, sizeof words, "%s",
                 result < 0 ? "" : "its one peer from now on; nothing was sent");
    errno = error;
    trace_call(result, words, "connect(%d, %s)", fd, addr_text(a, text));
    if (result == 0 && trace_get(fd) == TRACE_FRESH) trace_set(fd, TRACE_TCP);
}

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
    if (shown(result)) show_connect(result, fd, a, since);
    return result;
}

int sock_connected(int fd, const struct addr *a, int64_t since) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
    errno = error;
    if (trace_level) show_connect(error ? -1 : 0, fd, a, since);
    errno = error;
    if (trace_level > 1) trace_call(0, "", "getsockopt(%d, SO_ERROR)", fd);
    return error ? -1 : 0;
}

bool sock_met_itself(int fd, const struct addr *to) {
    struct addr local;
    /* The system itself chooses no port below 1024. */
    if (addr_family(to) == AF_UNIX || addr_port(to) < 1024) return false;
    return sock_local(fd, &local) == 0 && addr_equal(&local, to);
}

void sock_give_up(int fd, const struct addr *a, int64_t since, int why) {
    errno = why;
    if (trace_level) show_connect(-1, fd, a, since);
    sock_close(fd);
}

/* --- bytes --- */

ssize_t sock_recv(int fd, void *bytes, size_t n) {
    ssize_t result = recv(fd, bytes, n, MSG_DONTWAIT);
    if (!shown(result)) return result;
    if (result == 0)
        trace_call(0, "end of stream: the peer shut down its side", "recv(%d, %zu)", fd, n);
    else
        trace_payload(result, bytes, "recv(%d, %zu)", fd, n);
    if (result == 0) note_end(fd, TRACE_PEER_FIRST);
    if (result < 0) note_reset(fd);
    return result;
}

ssize_t sock_peek(int fd, void *bytes, size_t n) {
    ssize_t result;
    do result = recv(fd, bytes, n, MSG_DONTWAIT | MSG_PEEK);
    while (result < 0 && errno == EINTR);
    if (shown(result)) trace_payload(result, bytes, "recv(%d, %zu, MSG_PEEK)", fd, n);
    return result;
}

size_t sock_unread(int fd) {
    int n = 0;
    return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

static void show_sent(ssize_t result, int fd, const void *bytes, size_t n) {
    trace_payload(result, bytes, "send(%d, %zu)", fd, n);
    if (result < 0) note_reset(fd);
}

ssize_t sock_send(int fd, const void *bytes, size_t n) {
    ssize_t result = send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (shown(result)) show_sent(result, fd, bytes, n);
    return result;
}

ssize_t sock_send_secret(int fd, const void *bytes, size_t n) {
    ssize_t result;
    do result = send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (result < 0 && errno == EINTR);
    if (shown(result))
        trace_call(result, "(not shown: it holds a password)", "send(%d, %zu)", fd, n);
    return result;
}

ssize_t sock_sendv(int fd, const struct iovec *pieces, int count) {
    if (trace_level || count == 1) return sock_send(fd, pieces[0].iov_base, pieces[0].iov_len);
    return writev(fd, pieces, count);
}

ssize_t sock_recvfrom(int fd, void *bytes, size_t n, struct addr *from) {
    char text[ADDR_TEXT];
    memset(from, 0, sizeof *from);
    from->size = sizeof from->as;
    ssize_t result = recvfrom(fd, bytes, n, 0, &from->as.any, &from->size);
    if (shown(result)) {
        addr_text(from, text);
        if (result == 0)
            trace_call(0, "an empty datagram", "recvfrom(%d, %zu, %s)", fd, n, text);
        else
            trace_payload(result, bytes, "recvfrom(%d, %zu, %s)", fd, n, result < 0 ? "-" : text);
    }
    return result;
}

ssize_t sock_sendto(int fd, const void *bytes, size_t n, const struct addr *to) {
    char text[ADDR_TEXT];
    ssize_t result = sendto(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT, to ? &to->as.any : NULL,
                            to ? to->size : 0);
    if (!shown(result)) return result;
    if (to)
        trace_payload(result, bytes, "sendto(%d, %zu, %s)", fd, n, addr_text(to, text));
    else
        trace_payload(result, bytes, "send(%d, %zu)", fd, n);
    return result;
}

/* --- options and names: shown with -TT --- */

int sock_set(int fd, int level, int name, int value, const char *what) {
    int result = setsockopt(fd, level, name, &value, sizeof value);
    if (trace_level > 1) trace_call(result, "", "setsockopt(%d, %s, %d)", fd, what, value);
    return result;
}

int sock_set_bytes(int fd, const struct sock_option *option, const void *value, socklen_t size) {
    int result = setsockopt(fd, option->level, option->name, value, size);
    if (trace_level > 1)
        trace_call(result, "", "setsockopt(%d, %s, %u bytes)", fd, option->what, (unsigned)size);
    return result;
}

int sock_get(int fd, int level, int name, int *value, const char *what) {
    socklen_t size = sizeof *value;
    int result = getsockopt(fd, level, name, value, &size);
    bool failure = trace_level && result == 0 && level == SOL_SOCKET && name == SO_ERROR && *value;
    char words[128] = "";
    if (failure)
        snprintf(words, sizeof words, "%s: %s", trace_error_name(*value), strerror(*value));
    else if (result == 0)
        snprintf(words, sizeof words, "%d", *value);
    if (trace_level > 1) trace_call(result, words, "getsockopt(%d, %s)", fd, what);
    if (failure && trace_get(fd) >= TRACE_TCP) trace_set(fd, TRACE_RESET);
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

static int show_name(int result, const char *call, int fd, const struct addr *a) {
    char text[ADDR_TEXT];
    if (trace_level > 1)
        trace_call(result, result < 0 ? "" : addr_text(a, text), "%s(%d)", call, fd);
    return result;
}

int sock_local(int fd, struct addr *a) {
    empty(a);
    return show_name(getsockname(fd, &a->as.any, &a->size), "getsockname", fd, a);
}

int sock_peer(int fd, struct addr *a) {
    empty(a);
    return show_name(getpeername(fd, &a->as.any, &a->size), "getpeername", fd, a);
}
