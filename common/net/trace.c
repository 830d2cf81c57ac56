#include "common/net/trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/loop/loop.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

int trace_level;

static struct trace_socket *sockets; /* by their numbers */
static size_t capacity;

bool trace_shows(ssize_t result) {
    return trace_level > 0 && (result >= 0 || (!loop_not_yet(errno) && errno != EINPROGRESS));
}

static void forget(struct trace_socket *s) { *s = (struct trace_socket){.reuse = -1}; }

struct trace_socket *trace_of(int fd) {
    size_t before = capacity;
    sockets = mem_grow(sockets, &capacity, (size_t)fd + 1, sizeof *sockets);
    for (size_t i = before; i < capacity; i++) forget(&sockets[i]);
    return &sockets[fd];
}

int trace_count(void) { return (int)capacity; }

static bool is_inet(const struct trace_socket *s) {
    return s->family == AF_INET || s->family == AF_INET6;
}

static bool is_tcp(const struct trace_socket *s) { return s->stream && is_inet(s); }

static bool is_udp(const struct trace_socket *s) {
    return !s->stream && is_inet(s) && s->phase != TRACE_UNKNOWN;
}

/* --- what the system is asked for the words alone --- */

/* What such a question told: shown with -TT. */
struct asked {
    bool made; /* a call, which failed with `error` */
    int error;
};

static void show_asked(struct asked asked, int fd, const char *what) {
    if (trace_level < 2 || !asked.made) return;
    errno = asked.error;
    call_show(asked.error ? -1 : 0, "", "getsockopt(%d, %s)", fd, what);
}

/* errno was 0 before: a question that told nothing, without an error, made no call. */
static struct asked after(bool told) { return (struct asked){told || errno, told ? 0 : errno}; }

static enum sysinfo_state ask_state(int fd) {
    errno = 0;
    enum sysinfo_state state = sysinfo_tcp_state(fd);
    show_asked(after(state != SYSINFO_UNKNOWN), fd, "TCP_INFO");
    return state;
}

static int ask_unread(int fd) {
    int unread = 0;
    return ioctl(fd, FIONREAD, &unread) == 0 ? unread : 0;
}

static struct asked ask_queue(int fd, struct sysinfo_queue *queue) {
    errno = 0;
    return after(sysinfo_queue(fd, queue));
}

/* "60 s", the time that the system keeps a connection in TIME_WAIT. */
static const char *waiting_time(char out[TEXT_SHORT]) {
    int seconds = sysinfo_time_wait();
    snprintf(out, TEXT_SHORT, tr(seconds ? "%d s" : "some time"), seconds);
    return out;
}

/* --- socket, bind --- */

static const char *family_name(int family) {
    return family == AF_INET    ? "AF_INET"
           : family == AF_INET6 ? "AF_INET6"
           : family == AF_UNIX  ? "AF_UNIX"
                                : "AF_?";
}

void trace_lookup(int fd) { trace_of(fd)->phase = TRACE_LOOKUP; }

void trace_socket(int result, int family, int type) {
    bool stream = type == SOCK_STREAM;
    call_show(result,
              result < 0          ? ""
              : family == AF_UNIX ? "an endpoint on this machine alone, not yet named"
              : stream            ? "a TCP endpoint, not yet named"
                                  : "a UDP endpoint, not yet named",
              "socket(%s, %s)", family_name(family), stream ? "SOCK_STREAM" : "SOCK_DGRAM");
    if (result < 0) return;
    struct trace_socket *s = trace_of(result);
    forget(s);
    s->phase = TRACE_FRESH;
    s->family = (unsigned char)family;
    s->stream = stream;
}

/* The option was set before bind, and no call that -T shows lies between the two. */
void trace_before_bind(int fd, const struct addr *a) {
    struct trace_socket *s = trace_of(fd);
    if (trace_level != 1 || s->reuse < 0 || !is_tcp(s) || addr_port(a) == 0) return;
    call_show(0,
              s->reuse ? "a port that a closed connection keeps in TIME_WAIT may be bound again"
                       : "a port that a closed connection keeps in TIME_WAIT cannot be bound",
              "setsockopt(%d, SO_REUSEADDR, %d)", fd, s->reuse);
}

static const char *listener_words(bool here, bool chosen) {
    if (chosen)
        return here ? "named, on a port that the system chose, for this machine only; nobody can "
                      "reach it before listen"
                    : "named, on a port that the system chose; nobody can reach it before listen";
    return here ? "named, for this machine only; nobody can reach it there before listen"
                : "named; nobody can reach it there before listen";
}

static const char *client_words(bool here, bool chosen) {
    if (chosen)
        return "named: the connection will come from there, from a port that the system chose";
    return here ? "named: the connection will come from there, so it can go to this machine only"
                : "named: the connection will come from there";
}

static const char *datagram_words(bool here, bool chosen) {
    if (chosen)
        return here ? "named, on a port that the system chose: datagrams sent there arrive here, "
                      "from this machine only"
                    : "named, on a port that the system chose: datagrams sent there arrive here";
    return here ? "named: datagrams sent there arrive here, from this machine only"
                : "named: datagrams sent there arrive here";
}

void trace_bind(int result, int fd, const struct addr *a, bool listens) {
    char text[ADDR_TEXT];
    const struct trace_socket *s = trace_of(fd);
    bool inet = addr_family(a) != AF_UNIX;
    bool here = inet && addr_is_loopback(a), chosen = inet && addr_port(a) == 0;
    const char *words = !s->stream ? datagram_words(here, chosen)
                        : listens  ? listener_words(here, chosen)
                                   : client_words(here, chosen);
    call_show(result, result < 0 ? "" : words, "bind(%d, %s)", fd, addr_text(a, text));
}

/* --- listen, accept --- */

void trace_listen(int result, int fd, int backlog) {
    struct sysinfo_queue queue = {.most = (unsigned)backlog};
    char words[CALL_WORDS] = "";
    int error = errno;
    struct asked asked = {.made = false};
    if (result == 0 && is_tcp(trace_of(fd))) asked = ask_queue(fd, &queue);
    if (result == 0)
        snprintf(words, sizeof words,
                 tr(asked.made && !asked.error
                        ? "passive: the system now makes connections by itself; %u of them "
                          "(Linux: one more) may wait for accept"
                        : "passive: the system now makes connections by itself; %u of them may "
                          "wait for accept"),
                 queue.most);
    errno = error;
    call_show(result, words, "listen(%d, %d)", fd, backlog);
    show_asked(asked, fd, "TCP_INFO");
    if (result == 0) trace_of(fd)->phase = TRACE_LISTENING;
    errno = error;
}

static void accept_words(char *words, int fd, const struct addr *peer, const unsigned *waiting) {
    char from[ADDR_TEXT];
    addr_text(peer, from);
    if (!waiting)
        snprintf(words, CALL_WORDS,
                 tr("from %s on a new socket for this client; %d goes on listening"), from, fd);
    else if (*waiting == 0)
        snprintf(
            words, CALL_WORDS,
            tr("from %s on a new socket for this client; %d goes on listening, and nobody else "
               "waits"),
            from, fd);
    else if (*waiting == 1)
        snprintf(
            words, CALL_WORDS,
            tr("from %s on a new socket for this client; %d goes on listening, and one more waits"),
            from, fd);
    else
        snprintf(
            words, CALL_WORDS,
            tr("from %s on a new socket for this client; %d goes on listening, and %u more wait"),
            from, fd, *waiting);
}

/* The new socket has the options of the one that listens. */
static void note_accepted(int result, int fd, const struct addr *peer) {
    bool abortive = trace_of(fd)->abortive;
    struct trace_socket *s = trace_of(result);
    forget(s);
    s->phase = TRACE_CONNECTED;
    s->family = (unsigned char)addr_family(peer);
    s->stream = true;
    s->abortive = abortive;
}

void trace_accept(int result, int fd, const struct addr *peer) {
    struct sysinfo_queue queue = {.most = 0};
    struct asked asked = {.made = false};
    char words[CALL_WORDS] = "";
    int error = errno;
    if (result >= 0 && addr_family(peer) != AF_UNIX) asked = ask_queue(fd, &queue);
    if (result >= 0)
        accept_words(words, fd, peer, asked.made && !asked.error ? &queue.waiting : NULL);
    errno = error;
    call_show(result, words, "accept(%d)", fd);
    show_asked(asked, fd, "TCP_INFO");
    if (result >= 0) note_accepted(result, fd, peer);
    errno = error;
}

/* --- connect --- */

void trace_connecting(int fd) { trace_of(fd)->phase = TRACE_CONNECTING; }

void trace_connect(int result, int fd, const struct addr *a, int64_t since) {
    char text[ADDR_TEXT], took[TEXT_SHORT], words[CALL_WORDS] = "";
    struct trace_socket *s = trace_of(fd);
    int error = errno;
    text_duration(loop_clock() - since, took);
    if (s->stream)
        snprintf(words, sizeof words,
                 tr(result < 0             ? "after %s"
                    : s->family == AF_UNIX ? "connected: it took %s"
                                           : "connected: the handshake took %s"),
                 took);
    else if (result == 0)
        snprintf(words, sizeof words, "its one peer from now on; nothing was sent");
    s->phase = result == 0 ? TRACE_CONNECTED : TRACE_FRESH;
    call_began(since);
    errno = error;
    call_show(result, words, "connect(%d, %s)", fd, addr_text(a, text));
}

void trace_give_up(int fd, const struct addr *a, int64_t since, bool limit) {
    char text[ADDR_TEXT], took[TEXT_SHORT], words[CALL_WORDS];
    int error = errno;
    snprintf(words, sizeof words,
             tr(limit ? "no answer for %s: sockkit gave up, the system is still trying"
                      : "no answer for %s, and none is needed any more: sockkit gave up"),
             text_duration(loop_clock() - since, took));
    errno = EINPROGRESS;
    call_show(-1, words, "connect(%d, %s)", fd, addr_text(a, text));
    trace_of(fd)->phase = TRACE_FRESH;
    errno = error;
}

/* --- who has ended --- */

/* Takes down who ended first, which the system tells only until the other side ends too. `seen`:
 * what it looks like from here, for a system that does not tell. */
static void note_first(struct trace_socket *s, enum sysinfo_state state, enum trace_side seen) {
    if (s->first != TRACE_NOBODY) return;
    if (state == SYSINFO_PEER_ENDED) s->first = TRACE_PEER;
    if (state == SYSINFO_ESTABLISHED || state == SYSINFO_WE_ENDED) s->first = TRACE_WE;
    if (state == SYSINFO_UNKNOWN) s->first = (unsigned char)seen;
}

static bool is_open(const struct trace_socket *s) {
    return s->phase == TRACE_CONNECTED && s->stream && !s->reset && !s->given_up;
}

/* An error that says that the connection is no more, and how it ended (RFC 9293 section 3.9.1). */
static void note_error(struct trace_socket *s, int error) {
    if (error == ECONNRESET || error == EPIPE) s->reset = true;
    if (error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH) s->given_up = true;
}

static void note_failure(ssize_t result, struct trace_socket *s) {
    if (result < 0 && s->stream) note_error(s, errno);
}

static const char *failure_words(const struct trace_socket *s) {
    if (is_udp(s) && errno == ECONNREFUSED) return "an ICMP port-unreachable came back";
    return is_tcp(s) && errno == ECONNRESET ? "the peer's system answered with a reset" : "";
}

/* --- bytes --- */

void trace_recv(ssize_t result, int fd, const void *bytes, size_t n) {
    struct trace_socket *s = trace_of(fd);
    int error = errno;
    if (result > 0)
        call_show_payload(result, bytes, "recv(%d, %zu)", fd, n);
    else
        call_show(result,
                  result < 0 ? failure_words(s) : "end of stream: the peer shut down its side",
                  "recv(%d, %zu)", fd, n);
    if (result == 0) s->peer_ended = true;
    if (result == 0 && is_tcp(s) && s->first == TRACE_NOBODY)
        note_first(s, ask_state(fd), TRACE_PEER);
    errno = error;
    note_failure(result, s);
}

void trace_peek(ssize_t result, int fd, const void *bytes, size_t n) {
    call_show_payload(result, bytes, "recv(%d, %zu, MSG_PEEK)", fd, n);
}

void trace_send(ssize_t result, int fd, const void *bytes, size_t n) {
    struct trace_socket *s = trace_of(fd);
    if (result < 0)
        call_show(result, failure_words(s), "send(%d, %zu)", fd, n);
    else
        call_show_payload(result, bytes, "send(%d, %zu)", fd, n);
    note_failure(result, s);
}

void trace_send_secret(ssize_t result, int fd, size_t n) {
    call_show(result, "(not shown: it holds a password)", "send(%d, %zu)", fd, n);
    note_failure(result, trace_of(fd));
}

void trace_received(ssize_t result, const char *call, int fd, const struct iovec *into,
                    const struct addr *from) {
    char text[ADDR_TEXT] = "-";
    if (result >= 0) addr_text(from, text);
    if (result > 0)
        call_show_payload(result, into->iov_base, "%s(%d, %zu, %s)", call, fd, into->iov_len, text);
    else
        call_show(result, result == 0 ? "an empty datagram" : failure_words(trace_of(fd)),
                  "%s(%d, %zu, %s)", call, fd, into->iov_len, text);
}

void trace_sent(ssize_t result, const char *call, int fd, const struct iovec *piece,
                const struct addr *to) {
    char text[ADDR_TEXT], line[CALL_MOST];
    if (to)
        snprintf(line, sizeof line, "%s(%d, %zu, %s)", call, fd, piece->iov_len,
                 addr_text(to, text));
    else
        snprintf(line, sizeof line, "send(%d, %zu)", fd, piece->iov_len);
    if (result < 0)
        call_show(result, failure_words(trace_of(fd)), "%s", line);
    else
        call_show_payload(result, piece->iov_base, "%s", line);
}

/* --- shutdown --- */

static char words_before[CALL_WORDS]; /* of the shutdown or close that comes next */

/* Has the peer ended, whether or not that has been read? */
static bool peer_has_ended(int fd, const struct trace_socket *s) {
    if (!is_tcp(s)) return s->peer_ended;
    enum sysinfo_state state = ask_state(fd);
    note_first(trace_of(fd), state, s->peer_ended ? TRACE_PEER : TRACE_WE);
    return s->peer_ended || state == SYSINFO_PEER_ENDED;
}

void trace_before_shutdown(int fd) {
    struct trace_socket *s = trace_of(fd);
    int error = errno, unread;
    snprintf(words_before, CALL_WORDS, "%s", "");
    if (is_open(s) && !peer_has_ended(fd, s))
        snprintf(words_before, CALL_WORDS, "%s",
                 "half-closed: the peer reads end of stream, we can still receive");
    else if (is_open(s) && (unread = ask_unread(fd)) > 0)
        snprintf(words_before, CALL_WORDS,
                 tr("both sides have ended; %d bytes of the peer are still to be read"), unread);
    else if (is_open(s))
        snprintf(words_before, CALL_WORDS, "%s",
                 "both sides have ended: nothing can be sent or received any more");
    errno = error;
}

void trace_shutdown(int result, int fd, const char *how) {
    call_show(result, result < 0 ? "" : words_before, "shutdown(%d, %s)", fd, how);
}

void trace_before_disconnect(int fd) {
    struct trace_socket *s = trace_of(fd);
    int error = errno;
    bool over = !is_open(s) || ask_state(fd) == SYSINFO_CLOSED;
    if (!over) s->reset = true;
    snprintf(words_before, CALL_WORDS, "%s",
             over ? "the connection was over already: nothing is sent" : "the connection is reset");
    errno = error;
}

void trace_disconnect(int result, int fd) {
    call_show(result, result < 0 ? "" : words_before, "connect(%d, AF_UNSPEC)", fd);
}

/* --- close --- */

static void words_of_end(const struct trace_socket *s, bool over) {
    char time[TEXT_SHORT];
    waiting_time(time);
    if (s->reset)
        snprintf(words_before, CALL_WORDS, "%s", "it was reset: no TIME_WAIT on either side");
    else if (s->given_up)
        snprintf(words_before, CALL_WORDS, "%s",
                 "the system had given it up: no TIME_WAIT on this side");
    else if (s->abortive && !over)
        snprintf(words_before, CALL_WORDS, "%s",
                 "closed by a reset (SO_LINGER 0): no TIME_WAIT on either side");
    else if (s->first == TRACE_PEER)
        snprintf(words_before, CALL_WORDS,
                 tr("the peer ended first: its side will be in TIME_WAIT for %s"), time);
    else
        snprintf(words_before, CALL_WORDS,
                 tr(over || s->peer_ended
                        ? "we ended first: this side will be in TIME_WAIT for %s"
                        : "we ended first: once the peer ends too, this side will be in "
                          "TIME_WAIT for %s"),
                 time);
}

/* Since the last call the peer may have reset the connection, or ended as well. */
static void words_of_connection(int fd, struct trace_socket *s) {
    int error = 0;
    socklen_t size = sizeof error;
    static const struct sock_option option = {SOL_SOCKET, SO_ERROR, "SO_ERROR"};
    int result = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    trace_get(result, fd, &option, error);
    enum sysinfo_state state = ask_state(fd);
    bool over = !is_open(s) || state == SYSINFO_CLOSED;
    int unread = over ? 0 : ask_unread(fd);
    note_first(s, state, TRACE_WE);
    if (unread > 0)
        snprintf(
            words_before, CALL_WORDS,
            tr("%d bytes were left unread: the peer gets a reset, no TIME_WAIT on either side"),
            unread);
    else
        words_of_end(s, over);
}

static void words_of_listener(int fd, const struct trace_socket *s) {
    struct sysinfo_queue queue = {.waiting = 0};
    struct asked asked = {.made = false};
    if (is_tcp(s)) asked = ask_queue(fd, &queue);
    show_asked(asked, fd, "TCP_INFO");
    snprintf(words_before, CALL_WORDS,
             tr(queue.waiting ? "no longer listening; %u that nobody accepted are reset"
                              : "no longer listening"),
             queue.waiting);
}

void trace_before_close(int fd) {
    struct trace_socket *s = trace_of(fd);
    int error = errno;
    words_before[0] = '\0';
    if (s->phase == TRACE_LISTENING)
        words_of_listener(fd, s);
    else if (s->phase == TRACE_CONNECTED && is_tcp(s))
        words_of_connection(fd, s);
    else if (s->phase == TRACE_CONNECTED && s->stream)
        snprintf(words_before, CALL_WORDS, "%s",
                 s->peer_ended ? "both sides have ended" : "the peer reads end of stream");
    else if (is_udp(s))
        snprintf(words_before, CALL_WORDS, "%s", "nobody is told: UDP has no connection to end");
    errno = error;
}

void trace_close(int result, int fd) {
    call_show(result, words_before, "close(%d)", fd);
    forget(trace_of(fd));
}

/* --- options and names --- */

static void note_set(struct trace_socket *s, const struct sock_option *option, const void *value) {
    struct linger linger;
    if (option->level != SOL_SOCKET) return;
    if (option->name == SO_REUSEADDR) memcpy(&s->reuse, value, sizeof s->reuse);
    if (option->name != SO_LINGER) return;
    memcpy(&linger, value, sizeof linger);
    s->abortive = linger.l_onoff && linger.l_linger == 0;
}

void trace_set(int result, int fd, const struct sock_option *option, int value) {
    if (result == 0) note_set(trace_of(fd), option, &value);
    if (trace_level > 1) call_show(result, "", "setsockopt(%d, %s, %d)", fd, option->what, value);
}

void trace_set_bytes(int result, int fd, const struct sock_option *option, const void *value,
                     size_t size) {
    if (result == 0) note_set(trace_of(fd), option, value);
    if (trace_level > 1)
        call_show(result, "", "setsockopt(%d, %s, %zu bytes)", fd, option->what, size);
}

/* A socket that was opened by somebody else is known by what it is asked. */
static void note_get(struct trace_socket *s, int name, int value) {
    if (name == SO_ERROR && s->phase == TRACE_CONNECTED && s->stream) note_error(s, value);
    if (s->phase != TRACE_UNKNOWN && s->phase != TRACE_FRESH) return;
    if (name == SO_TYPE) {
        s->phase = TRACE_FRESH;
        s->stream = value == SOCK_STREAM;
    }
    if (name == SO_ACCEPTCONN && value) s->phase = TRACE_LISTENING;
}

void trace_get(int result, int fd, const struct sock_option *option, int value) {
    char words[CALL_WORDS] = "";
    struct trace_socket *s = trace_of(fd);
    bool failure = result == 0 && option->name == SO_ERROR && option->level == SOL_SOCKET && value;
    bool refused = failure && value == ECONNREFUSED && is_udp(s);
    if (failure)
        snprintf(words, sizeof words,
                 tr(refused ? "%s: %s: an ICMP port-unreachable came back" : "%s: %s"),
                 call_error_name(value), lang_error(value));
    else if (result == 0)
        snprintf(words, sizeof words, "%d", value);
    if (trace_level > 1 || failure)
        call_show(result, words, "getsockopt(%d, %s)", fd, option->what);
    if (result == 0 && option->level == SOL_SOCKET) note_get(s, option->name, value);
}

void trace_get_text(int result, int fd, const char *what, const char *value) {
    if (trace_level > 1) call_show(result, value, "getsockopt(%d, %s)", fd, what);
}

void trace_name(int result, int fd, const char *call, const struct addr *a) {
    char text[ADDR_TEXT];
    struct trace_socket *s = trace_of(fd);
    if (trace_level > 1)
        call_show(result, result < 0 ? "" : addr_text(a, text), "%s(%d)", call, fd);
    if (result < 0) return;
    if (!s->family) s->family = (unsigned char)addr_family(a);
    if (strcmp(call, "getpeername") != 0) return;
    /* Of what somebody else opened and connected, a stream alone is not asked for its type. */
    if (s->phase == TRACE_UNKNOWN) s->stream = true;
    s->phase = TRACE_CONNECTED;
}
