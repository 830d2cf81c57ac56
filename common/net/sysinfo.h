/* sysinfo: what the system tells, and does, beyond POSIX. sysinfo_linux.c asks it (proc(5), tcp(7),
 * unix(7), prctl(2)); sysinfo_none.c answers "not known" to everything, and its callers do without.
 */
#ifndef SOCKKIT_NET_SYSINFO_H
#define SOCKKIT_NET_SYSINFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/addr.h"
#include "common/base/addrs.h"

/* Who holds the address that a bind(2) failed on: "by python3, pid 4242", or where a closed
 * connection does, "in TIME_WAIT", for how long, and why. False when the system does not tell. type
 * is SOCK_STREAM or SOCK_DGRAM. */
#define SYSINFO_OWNER 256
bool sysinfo_owner(int type, const struct addr *a, char out[SYSINFO_OWNER]);

/* The state of a TCP connection (RFC 9293). */
enum sysinfo_state {
    SYSINFO_UNKNOWN,
    SYSINFO_ESTABLISHED, /* neither side has ended */
    SYSINFO_PEER_ENDED,  /* CLOSE_WAIT, LAST_ACK */
    SYSINFO_WE_ENDED,    /* FIN_WAIT_1 and 2, CLOSING */
    SYSINFO_CLOSED,      /* CLOSE: both ended, or reset */
    SYSINFO_LISTEN,
};
enum sysinfo_state sysinfo_tcp_state(int fd);

/* The queue of a TCP socket that listens: how many connections wait for accept(2), and how many may
 * (listen(2), cut to what the system allows). False: not known. */
struct sysinfo_queue {
    unsigned waiting, most;
};

bool sysinfo_queue(int fd, struct sysinfo_queue *out);

/* For how many seconds a connection that we ended first stays in TIME_WAIT; 0: not known. */
int sysinfo_time_wait(void);

/* How many bytes that were sent have not arrived: on TCP the peer's system has not acknowledged
 * them, on a Unix socket the peer's program has not read them. -1: not known. `ended`: this side
 * has been shut down; its FIN is not counted. */
int64_t sysinfo_unacknowledged(int fd, bool ended);

/* Bytes that were read from and written to a TCP connection, by whatever process. False: not
 * known. */
bool sysinfo_counts(int fd, uint64_t *received, uint64_t *sent);

/* What the system has measured of a TCP connection (tcp(7), TCP_INFO). */
struct sysinfo_measured {
    double rtt, rttvar;   /* ms: the round-trip time, smoothed, and how much it varies (RFC 6298) */
    uint32_t retransmits; /* segments, in all */
    uint32_t cwnd;        /* the congestion window, segments */
    uint32_t unacknowledged; /* segments */
};

/* False: not known, or no TCP connection. */
bool sysinfo_measured(int fd, struct sysinfo_measured *out);

/* True when the system shows that no process has the other end of this TCP connection any more: its
 * socket is of this machine, and closed. False: somebody has it, or nobody can tell. */
bool sysinfo_abandoned(const struct addr *local, const struct addr *peer);
/* Makes that answer possible after the sandbox has been entered. */
void sysinfo_prepare(void);

/* The process at the other end of a Unix-domain socket; 0: not known. */
pid_t sysinfo_peer_pid(int fd);

/* Adds the addresses of this machine's sockets at a port that take connections (SOCK_STREAM), or
 * datagrams from anybody (SOCK_DGRAM). */
void sysinfo_receivers(int type, uint16_t port, struct addrs *out);

/* How many connections wait for accept(2) at the socket of this machine that listens at `to`, where
 * its queue is full; 0: it is not, or nobody can tell. */
unsigned sysinfo_full_queue(const struct addr *to);

/* Adds the addresses of this machine's interfaces, port 0 (getifaddrs(3)); what the system does not
 * tell is left out. */
void sysinfo_addresses(struct addrs *out);

/* From now on the orphans that our children leave become our children, not PID 1's: we reap
 * them. */
void sysinfo_adopt_orphans(void);

#endif
