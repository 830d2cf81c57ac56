/* trace: what --trace knows of each socket, and what it says of each call. It alone knows in what
 * state a connection is, so each word is true at that moment: who ended first, what is unread,
 * whether a reset leaves no TIME_WAIT (RFC 9293 section 3.6).
 *
 * The wrappers of the calls (sock, dgram) tell it after each call; with trace_level 0 they do not.
 * What it asks the system by itself is shown with -TT, behind the call that it was asked for.
 * errno is preserved. */
#ifndef SOCKKIT_NET_TRACE_H
#define SOCKKIT_NET_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "common/base/addr.h"
#include "common/net/call.h"

extern int trace_level; /* 0: nothing, 1: -T, 2: -TT */

/* True where a call with this result has an outcome to show: not where it only says "not yet". */
bool trace_shows(ssize_t result);

enum trace_phase {
    TRACE_UNKNOWN, /* nothing is known of the descriptor */
    TRACE_FRESH,
    TRACE_LISTENING,
    TRACE_CONNECTING,
    TRACE_CONNECTED,
    TRACE_LOOKUP, /* no socket: where the addresses of a name come from */
};

enum trace_side { TRACE_NOBODY, TRACE_WE, TRACE_PEER };

/* What a descriptor is and has been through. */
struct trace_socket {
    unsigned char phase, family;
    unsigned char first; /* enum trace_side: who has ended first */
    bool stream;
    bool peer_ended; /* its end has been read */
    bool reset;      /* the connection was */
    bool given_up;   /* by the system, which had no answer from the peer */
    bool abortive;   /* SO_LINGER 0: its close will be a reset */
    int reuse;       /* SO_REUSEADDR as it was set; -1: it was not */
    unsigned want;   /* the events that the loop waits for (loop.h) */
};

/* That of a descriptor; valid until the next call. */
struct trace_socket *trace_of(int fd);
/* One more than the largest descriptor that is known. */
int trace_count(void);

void trace_lookup(int fd);
void trace_socket(int result, int family, int type);
/* What bind(2) depends on is shown in front of it. */
void trace_before_bind(int fd, const struct addr *a);
void trace_bind(int result, int fd, const struct addr *a, bool listens);
void trace_listen(int result, int fd, int backlog);
void trace_accept(int result, int fd, const struct addr *peer);

/* An attempt to connect: begun, and not decided yet; its outcome (loop_clock at its beginning);
 * ended by the program's own limit, or because it is needed no more. */
void trace_connecting(int fd);
void trace_connect(int result, int fd, const struct addr *a, int64_t since);
void trace_give_up(int fd, const struct addr *a, int64_t since, bool limit);

void trace_recv(ssize_t result, int fd, const void *bytes, size_t n);
void trace_send(ssize_t result, int fd, const void *bytes, size_t n);
/* The bytes are not shown. */
void trace_send_secret(ssize_t result, int fd, size_t n);
/* MSG_PEEK. */
void trace_peek(ssize_t result, int fd, const void *bytes, size_t n);
/* `call`: recvfrom or recvmsg; sendto or sendmsg. `to` NULL: the connected peer. */
void trace_received(ssize_t result, const char *call, int fd, const struct iovec *into,
                    const struct addr *from);
void trace_sent(ssize_t result, const char *call, int fd, const struct iovec *piece,
                const struct addr *to);

/* Before shutdown(2): looks at the state; behind it: what it did. */
void trace_before_shutdown(int fd);
void trace_shutdown(int result, int fd, const char *how);
/* Before connect(2) to nobody, which resets a connection that is not over: looks at the state;
 * behind it: what it did. */
void trace_before_disconnect(int fd);
void trace_disconnect(int result, int fd);
/* Before close(2): the words, since the state is gone behind it. */
void trace_before_close(int fd);
void trace_close(int result, int fd);

struct sock_option;

/* setsockopt(2), getsockopt(2): shown with -TT, or where what -T shows depends on it. */
void trace_set(int result, int fd, const struct sock_option *option, int value);
void trace_set_bytes(int result, int fd, const struct sock_option *option, const void *value,
                     size_t size);
void trace_get(int result, int fd, const struct sock_option *option, int value);
/* The same for a value that is no number. */
void trace_get_text(int result, int fd, const char *what, const char *value);
/* getsockname(2), getpeername(2). */
void trace_name(int result, int fd, const char *call, const struct addr *a);

#endif
