/* dgram: datagrams in batches, boundaries kept: what is received or sent at once is an array of
 * datagrams, never a byte more or less than they were. dgram_mmsg.c: recvmmsg(2) and sendmmsg(2),
 * runs of equal size as one UDP_SEGMENT send, UDP_GRO on the receiver (udp(7)); one datagram a call
 * with --trace. dgram_plain.c: one recvfrom or sendto each (POSIX). */
#ifndef SOCKKIT_NET_DGRAM_H
#define SOCKKIT_NET_DGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/addr.h"

/* Nothing in it is owned. */
struct dgram {
    const char *bytes;
    size_t size;
    /* received: who sent it; to send: to whom (NULL: the connected peer) */
    const struct addr *peer;
    const struct addr *here; /* received: which of our addresses it was sent to; to send: the
                              * address to leave from. NULL: not known, or no matter; an answer
                              * takes it over from the question as it is */
    int ttl;                 /* IPv4's time to live, IPv6's hop limit: received: what was left of
                              * it; to send: to leave with. 0: not known, or the socket's own */
    pid_t pid;               /* of the sender on a Unix socket; 0: not known */
};

/* What is remembered of a socket. Small, so that there may be thousands. Private. */
struct dgram_socket {
    int fd, family;
    bool ancillary;              /* what comes has control messages */
    bool gro;                    /* what comes may be several in one */
    bool alone;                  /* the next message is sent by itself */
    size_t segment_most;         /* bytes of a datagram that may be one of several in a send */
    uint64_t messages, received; /* that came, and the datagrams in them */
};

/* Sets up a bound or connected datagram socket, which stays the caller's. `local` is its
 * getsockname(2): where it is a wildcard, answers leave from the address that was asked. Never
 * fails: what the system lacks is left out. */
void dgram_prepare(struct dgram_socket *s, int fd, const struct addr *local);
/* From now on the ttl of what is received is known. */
void dgram_ask_ttl(struct dgram_socket *s);

/* Whether an ICMP refusal is told to a socket that is not connected (SO_ERROR), as it is to one
 * that is. */
void dgram_hear_refusals(struct dgram_socket *s, bool on);

/* The room for one batch, for any number of sockets by turns: about 2 MiB of address space for
 * what is received, taken as it is used. */
struct dgram_batch;
struct dgram_batch *dgram_batch_new(void);
void dgram_batch_free(struct dgram_batch *b);

/* Takes what is there, at most one batch, without waiting: how many (at least 1; an empty datagram
 * is one), or -1 with errno: EAGAIN, or an error that an earlier send brought about (ECONNREFUSED).
 * *items and all they point to are valid until the next call with the same room, or
 * dgram_batch_free. A datagram is cut only on a Unix socket, beyond 512 KiB. */
int dgram_receive(struct dgram_batch *b, struct dgram_socket *s, const struct dgram **items);

/* Sends the first of `count` >= 1 datagrams, in order: how many the system took (at least 1; the
 * others are to be given again, their turn or their error comes then), or -1 with errno for the
 * first: EAGAIN or ENOBUFS (dgram_full_now), EMSGSIZE (too large for a datagram), or why it could
 * not go (ECONNREFUSED: an earlier one was refused, this one has not been sent). Nothing is merged,
 * cut or dropped. */
int dgram_send(struct dgram_batch *b, struct dgram_socket *s, const struct dgram *items,
               size_t count);

/* True for the errors of dgram_send that only say "not now". Where the socket polls writable all
 * the same (ENOBUFS), wait DGRAM_PAUSE. */
bool dgram_full_now(int error);
#define DGRAM_PAUSE (INT64_C(1) * 1000000) /* ns */

/* Datagrams that came and were dropped for want of room in the receive buffer. */
struct dgram_drops {
    int64_t least; /* as many as the system counted; -1: it does not tell */
    /* More than `least` where several came as one, which the system counts as one: how many they
     * were if those dropped were as many in one as those received. */
    int64_t about;
};
struct dgram_drops dgram_drops(const struct dgram_socket *s);

/* Who sent it: "127.0.0.1:4242"; "unix (pid 4242)". Returns out. */
#define DGRAM_PEER ADDR_TEXT
const char *dgram_peer(const struct dgram *d, char out[DGRAM_PEER]);

/* Joins a multicast group on the interface of its zone id, or that the socket is bound to, else the
 * one the system chooses. -1 with errno. RFC 3678 section 5.1. */
int dgram_join(int fd, const struct addr *group);

#endif
