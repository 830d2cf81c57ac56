/* sock: the socket calls, and the words of --trace for them. Every socket is non-blocking and
 * close-on-exec from birth. Each function returns what the call returns, -1 with errno; a call that
 * has nothing to do yet fails with an error for loop_not_yet. The trace does not show those; it
 * shows a connect once, when its outcome is known. */
#ifndef SOCKKIT_NET_SOCK_H
#define SOCKKIT_NET_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/base/addr.h"
#include "common/net/sysinfo.h"

/* What is shown: 0 nothing, 1 calls (-T), 2 setsockopt, getsockname and the like too (-TT). */
void sock_trace(int level);
/* True: callers use the plain calls, so that what is shown can be followed (no page moving, one
 * datagram a call). */
bool sock_tracing(void);

/* The most that is asked for at once of what a peer sends on a stream (--read-size), and the most
 * that this can be. */
#define SOCK_READ_MOST ((size_t)65536)
void sock_read_at_most(size_t n);
size_t sock_read_most(size_t n); /* n, or less */

/* True: no pages are moved, since the calls are shown, or --read-size is less than that. */
bool sock_copying(void);

/* True for the errors of a call that the system lacks descriptors or memory for: it may succeed
 * later. */
bool sock_is_short(int error);

/* True for the errors of a send by which a connection tells that the peer has gone, or takes no
 * more. What it said before, and then its end, can still be read. After any other error the peer is
 * there and waits: that connection is to be reset, so that what has arrived is not taken for all.
 */
bool sock_peer_is_gone(int error);

int sock_open(int family, int type); /* socket(2) */
/* bind(2): of a socket that is to listen; of any other. */
int sock_bind_listener(int fd, const struct addr *a);
int sock_bind(int fd, const struct addr *a);
int sock_listen(int fd, int backlog);
int sock_accept(int fd, struct addr *peer);
/* SHUT_WR: the peer reads the end of the stream. */
int sock_shutdown(int fd);
/* Closes, and keeps errno. The trace says which side will be in TIME_WAIT. */
void sock_close(int fd);
/* Closes at once by a reset, where the system has it so (SO_LINGER): neither side is left in
 * TIME_WAIT. */
void sock_abort(int fd);
/* Resets the connection, whoever else holds the socket (a child that a command has left): the peer
 * learns that not everything was read. To be closed next. */
void sock_reset(int fd);
/* Ends a connection that nobody needs any more: the peer reads the end of the stream, then a reset
 * spares this side the TIME_WAIT (unless the peer ends too in the instant between the two). What
 * was not delivered yet is lost. */
void sock_part(int fd);

/* Begins to connect. 0: connected; -1 with EINPROGRESS, or why it failed. */
int sock_connect(int fd, const struct addr *a);
/* The outcome, after EINPROGRESS and once the socket is writable: 0, or -1 with errno. `since`:
 * when it began (loop_clock). */
int sock_connected(int fd, const struct addr *a, int64_t since);
/* True for a connection whose two ends are one socket: the system chose the port that was dialled
 * for our own side (RFC 9293 section 3.5, simultaneous open). Nobody listens there. */
bool sock_met_itself(int fd, const struct addr *to);
/* Closes a socket whose attempt is given up; the trace tells whether because of a limit of ours. */
void sock_give_up(int fd, const struct addr *a, int64_t since, bool limit);

ssize_t sock_recv(int fd, void *bytes, size_t n);
/* The same, but the bytes stay where they are (MSG_PEEK). */
ssize_t sock_peek(int fd, void *bytes, size_t n);
/* Takes away n bytes that sock_peek has shown, in as many calls as it takes. 0, or -1 with errno.
 */
int sock_skip(int fd, size_t n);
/* Bytes that have come and were not read yet (FIONREAD); 0 where that is not known. */
size_t sock_unread(int fd);
ssize_t sock_send(int fd, const void *bytes, size_t n);
/* The same; the trace does not show the bytes, which hold a password. */
ssize_t sock_send_secret(int fd, const void *bytes, size_t n);
/* writev(2), which would wait on a socket that is not non-blocking. */
ssize_t sock_sendv(int fd, const struct iovec *pieces, int count);
ssize_t sock_recvfrom(int fd, void *bytes, size_t n, struct addr *from);
/* `to` NULL: the connected peer. */
ssize_t sock_sendto(int fd, const void *bytes, size_t n, const struct addr *to);

/* setsockopt(2) and getsockopt(2); `what` names the option in the trace ("SO_REUSEADDR"). */
int sock_set(int fd, int level, int name, int value, const char *what);

struct sock_option {
    int level, name;
    const char *what;
};

int sock_set_bytes(int fd, const struct sock_option *option, const void *value, socklen_t size);
int sock_get(int fd, int level, int name, int *value, const char *what);
/* Whether calls wait (O_NONBLOCK); that holds for all processes that have the socket. */
int sock_set_blocking(int fd, bool on);
int sock_local(int fd, struct addr *a); /* getsockname(2) */
int sock_peer(int fd, struct addr *a);  /* getpeername(2) */

/* Those answers of sysinfo.h that take a getsockopt(2), which the trace shows. */
enum sysinfo_state sock_tcp_state(int fd);
bool sock_counts(int fd, uint64_t *received, uint64_t *sent);
bool sock_measured(int fd, struct sysinfo_measured *out);
pid_t sock_peer_pid(int fd);

#endif
