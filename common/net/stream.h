/* stream: a connected, non-blocking socket in the loop, with what could not be sent yet. It holds
 * no input: bytes are handed over as they come, out of one buffer that all streams of the program
 * share. */
#ifndef SOCKKIT_NET_STREAM_H
#define SOCKKIT_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/base/buf.h"
#include "common/loop/loop.h"

struct stream;

/* Each may stop the stream, but must not free it before the turn is over (later_run). */
struct stream_ops {
    /* Bytes came; valid during the call. When `readable` is set it is called instead, and reads by
     * itself. */
    void (*data)(struct stream *s, const char *bytes, size_t n);
    void (*readable)(struct stream *s);
    /* the peer shut down its side; reading rests from now on */
    void (*end)(struct stream *s);
    /* everything was sent, and the socket takes more (stream_ask_space) */
    void (*space)(struct stream *s);
    void (*fail)(struct stream *s, int error); /* the connection is gone (errno) */
};

#define STREAM_READ ((size_t)65536) /* at most so many bytes a recv(2) */

struct stream {
    struct watch watch;
    struct loop *loop;
    const struct stream_ops *ops;
    struct buf out; /* not sent yet */
    int fd;         /* the owner's */
    bool reading;   /* the owner wants input */
    bool ask_space;
    bool ended;           /* the peer shut down its side */
    bool hung;            /* it hung up while nobody read */
    bool shutting, shut;  /* this side: as soon as `out` is empty; done */
    int broken;           /* errno of a send that failed; told once, by `fail` from the loop */
    struct timer failure; /* when that is told */
    uint64_t received, sent;
    int64_t active; /* when a byte last went either way (loop_now) */
};

/* Begins to read. */
void stream_start(struct stream *s, struct loop *loop, int fd, const struct stream_ops *ops);
/* Leaves the loop and frees what waits; the descriptor stays open. Also when it was never started
 * ({0}). */
void stream_stop(struct stream *s);

/* Sends what the socket takes now and keeps the rest (the owner bounds it: stop reading while
 * stream_waiting is large). Once this side is shut down nothing is sent, nor kept. */
void stream_send(struct stream *s, const void *bytes, size_t n);
/* Sends what the socket takes now of these pieces and keeps nothing; returns how many bytes. Only
 * while stream_waiting is 0. */
size_t stream_try(struct stream *s, const struct iovec *pieces, int count);

static inline size_t stream_waiting(const struct stream *s) { return s->out.size; }

/* Calls `space` (again) when all is sent and the socket takes more; on until it is turned off. */
void stream_ask_space(struct stream *s, bool on);
void stream_read(struct stream *s, bool on);

/* Half-close as soon as all is sent. */
void stream_shut(struct stream *s);

/* For an owner that reads by itself (`readable`): n bytes came in; the peer ended; an
 * error came. */
void stream_came(struct stream *s, size_t n);
void stream_ended(struct stream *s);
void stream_failed(struct stream *s, int error);

#endif
