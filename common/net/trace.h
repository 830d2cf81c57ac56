/* trace: the lines of --trace: the call with its real arguments, the result, and in plain words
 * what it did. sock calls these after each system call when tracing is on; nothing else does. errno
 * is preserved. */
#ifndef SOCKKIT_NET_TRACE_H
#define SOCKKIT_NET_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/msg.h"

extern int trace_level; /* 0: silent, 1: -T, 2: -TT */

/* "CALL = RESULT WORDS" when result is not negative, else "CALL = -1 ENAME: its meaning" and the
 * words behind. */
void trace_call(long result, const char *words, const char *fmt, ...) MSG_PRINTF(3, 4);
/* The same with a payload for words. */
void trace_payload(ssize_t result, const void *bytes, const char *fmt, ...) MSG_PRINTF(3, 4);

/* "ECONNREFUSED"; "errno" for one that socket calls do not have. */
const char *trace_error_name(int number);

/* What a socket is, and how its connection came to its end: for the words of its close(2). */
enum trace_life {
    TRACE_OTHER, /* no TCP: nothing to tell */
    TRACE_DATAGRAM,
    TRACE_FRESH, /* TCP, neither listening nor connected */
    TRACE_LISTENER,
    TRACE_TCP,        /* nobody has ended yet */
    TRACE_WE_FIRST,   /* this side shut down first */
    TRACE_PEER_FIRST, /* the peer did */
    TRACE_PARTING,    /* our close will reset it, if it is not over by then */
    TRACE_RESET,      /* the connection was reset */
};

void trace_set(int fd, enum trace_life life);
enum trace_life trace_get(int fd);

#endif
