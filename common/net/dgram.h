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
    pid_t pid;               /* of the sender on a Unix socket; 0: not known */
};

/* What batches of one socket need: the room for received ones (about 2 MiB of address space, taken
 * as it is used). */
struct dgram_io;

/* Sets up a bound or connected datagram socket, which stays the caller's. `local` is its
 * getsockname(2): where it is a wildcard, answers leave from the address that was asked. Never
 * fails: what the system lacks is left out. */
struct dgram_io *dgram_new(int fd, const struct addr *local);
void dgram_free(struct dgram_io *io);

/* Takes what is there, at most one batch, without waiting: how many (at least 1; an empty datagram
 * is one), or -1 with errno: EAGAIN, or an error that an earlier send brought about (ECONNREFUSED).
 * *items and all they point to are valid until the next call, or dgram_free. A datagram is cut only
 * on a Unix socket, beyond 512 KiB. */
int dgram_receive(struct dgram_io *io, const struct dgram **items);

/* Sends the first of `count` >= 1 datagrams, in order: how many the system took (at least 1; the
 * others are to be given again, their turn or their error comes then), or -1 with errno for the
 * first: EAGAIN or ENOBUFS (dgram_full_now), EMSGSIZE (too large for a datagram), or why it could
 * not go (ECONNREFUSED: an earlier one was refused, this one has not been sent). Nothing is merged,
 * cut or dropped. */
int dgram_send(struct dgram_io *io, const struct dgram *items, size_t count);

/* True for the errors of dgram_send that only say "not now". Where the socket polls writable all
 * the same (ENOBUFS), wait DGRAM_PAUSE. */
bool dgram_full_now(int error);
#define DGRAM_PAUSE (INT64_C(1) * 1000000) /* ns */

/* Datagrams that came and were dropped for want of room in the receive buffer; -1: the system does
 * not tell. *at_least: the true number may be higher (several that came as one were counted as
 * one). */
int64_t dgram_drops(const struct dgram_io *io, bool *at_least);

/* Who sent it: "127.0.0.1:4242"; "unix (pid 4242)". Returns out. */
#define DGRAM_PEER ADDR_TEXT
const char *dgram_peer(const struct dgram *d, char out[DGRAM_PEER]);

/* Joins a multicast group on the interface of its zone id, or that the socket is bound to, else the
 * one the system chooses. -1 with errno. RFC 3678 section 5.1. */
int dgram_join(int fd, const struct addr *group);

#endif
