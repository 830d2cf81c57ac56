/* sink: a descriptor that takes bytes (stdout, or a socket), and what it has not taken yet. Never
 * blocks and never sets O_NONBLOCK on what somebody else opened. Between descriptors bytes move as
 * pages where the system can (sink_splice.c) and are copied where it cannot, where somebody looks
 * at them, at a limited pace, and with --trace. */
#ifndef SOCKKIT_IO_SINK_H
#define SOCKKIT_IO_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/io/source.h"
#include "common/loop/throttle.h"

enum sink_result {
    SINK_MOVED,         /* some bytes; ask again */
    SINK_DRY,           /* the source has none now */
    SINK_FULL,          /* the sink takes none now: wait until it is writable, then sink_flush */
    SINK_END,           /* the source has ended */
    SINK_SOURCE_FAILED, /* errno */
    SINK_FAILED,        /* the sink's errno, also in sink.error */
    SINK_DECLINED,      /* movers only: to be copied */
};

/* The page mover's state: a pipe between two descriptors neither of which is one. */
struct mover {
    int ends[2]; /* 0, 0: none yet */
    unsigned inside;
    bool declined;
    bool prepared; /* the descriptors have been looked at, a pipe of theirs made large */
    bool places;   /* the sink is a file: bytes have a place in it */
};

struct sink {
    int fd;
    enum source_kind kind;
    int error;    /* errno of the write that failed; 0: none */
    bool copying; /* pages are not moved */
    struct mover mover;
    struct buf held;
    struct throttle *pace; /* of what the descriptor is given, the owner's; NULL: no limit */
    uint64_t taken;        /* bytes the descriptor took */
    /* Sees the bytes before they go, and may put others in their place (its own, valid until the
     * next call); *end: the source shall count as ended behind them. NULL: nobody looks. */
    void (*look)(void *ctx, const char **bytes, size_t *n, bool *end);
    void *ctx;
};

void sink_start(struct sink *s, int fd);
void sink_free(struct sink *s); /* the descriptor stays open */

/* Moves what one turn should from a source to the sink. Only when sink_waiting is 0. *moved: how
 * many bytes left the source. SINK_FULL with nothing waiting: the pace lets nothing through now. */
enum sink_result sink_pull(struct sink *s, int from, enum source_kind kind, size_t *moved);

/* Gives bytes to the sink, which keeps what it cannot take now. SINK_MOVED (all taken), SINK_FULL
 * or SINK_FAILED. */
enum sink_result sink_put(struct sink *s, const char *bytes, size_t n);

/* The same, but `look` sees them first; SINK_END when it said so. */
enum sink_result sink_give(struct sink *s, const char *bytes, size_t n);

/* Tries what waits again: SINK_MOVED (nothing waits any more), SINK_FULL, SINK_FAILED. */
enum sink_result sink_flush(struct sink *s);

/* Gives back the page mover's pipe where nothing is inside: for a sink that may be silent for long.
 * The next sink_pull that moves pages takes one again. */
void sink_rest(struct sink *s);

/* True when sink_pull moves pages, as far as is known. */
static inline bool sink_moves(const struct sink *s) {
    return !s->copying && !s->look && !s->pace && !s->mover.declined;
}

/* Bytes that left a source and have not been taken. */
static inline size_t sink_waiting(const struct sink *s) { return s->held.size + s->mover.inside; }

/* --- the movers: sink_splice.c, sink_copy.c (which declines) --- */

/* Where bytes come from, or go to. */
struct mover_end {
    int fd;
    enum source_kind kind;
};

/* *moved: bytes that left the source; *taken: bytes the sink took. SINK_DECLINED may leave bytes
 * inside: mover_take_back. */
enum sink_result mover_pull(struct mover *m, struct mover_end from, struct mover_end to,
                            size_t *moved, size_t *taken);
enum sink_result mover_flush(struct mover *m, int to, size_t *taken);
void mover_take_back(struct mover *m, struct buf *held);
/* Only while nothing is inside: another mover may have the pipe. */
void mover_rest(struct mover *m);
/* Closes the pipes that rest: no mover comes any more. */
void mover_leave(void);
void mover_free(struct mover *m);

#endif
