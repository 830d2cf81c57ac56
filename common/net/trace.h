/* trace: the lines of --trace: a call with its real arguments, its result, and in plain words what
 * it did. The wrappers of the calls (sock, dgram) tell them after each call when tracing is on.
 * errno is preserved. */
#ifndef SOCKKIT_NET_TRACE_H
#define SOCKKIT_NET_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/msg.h"

extern int trace_level; /* 0: nothing, 1: -T, 2: -TT */

/* "CALL = RESULT WORDS"; of a negative result "CALL = -1 ENAME: its meaning (WORDS)". */
void trace_call(long result, const char *words, const char *fmt, ...) MSG_PRINTF(3, 4);
/* The same with the `result` bytes of a payload, C-escaped, for the words. */
void trace_payload(ssize_t result, const void *bytes, const char *fmt, ...) MSG_PRINTF(3, 4);

/* "ECONNREFUSED"; "errno" for a number that no socket call fails with. */
const char *trace_error_name(int number);

/* What a descriptor is and how its connection ended, for the words of its close(2). */
enum trace_life {
    TRACE_OTHER, /* nothing is told of its close */
    TRACE_DATAGRAM,
    TRACE_FRESH, /* TCP, neither listening nor connected */
    TRACE_LISTENER,
    TRACE_TCP,        /* connected, and neither side has ended */
    TRACE_WE_FIRST,   /* this side ended first */
    TRACE_PEER_FIRST, /* the peer did */
    TRACE_PARTING,    /* the close will reset it, unless both sides have ended by then */
    TRACE_RESET,      /* it was reset */
};

void trace_set(int fd, enum trace_life life);
enum trace_life trace_get(int fd);

#endif
