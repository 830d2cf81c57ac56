/* stream: a connected, non-blocking socket in the loop, and what could not be sent yet. Input is
 * not kept: bytes are handed over as they come, out of one buffer that all streams of the program
 * share.
 */
#ifndef SOCKKIT_NET_STREAM_H
#define SOCKKIT_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/base/buf.h"
#include "common/loop/throttle.h"
#include "common/net/sock.h"

struct stream;

/* What the owner is told, from the loop. Each may stop the stream, but must not free it before the
 * turn is over (later_run). */
struct stream_ops {
    /* Bytes came, which are valid during the call. */
    void (*data)(struct stream *s, const char *bytes, size_t n);
    /* Instead, where it is set: something has come, and the owner reads by itself (stream_came). */
    void (*readable)(struct stream *s);
    /* The peer has shut down its side. Nothing is read from now on. */
    void (*end)(struct stream *s);
    /* All is sent, and the socket takes more (stream_ask_space). */
    void (*space)(struct stream *s);
    /* The connection is gone (errno), or a send failed: where the peer has gone (sock.h), what it
     * said before is handed over first. Told once. */
    void (*fail)(struct stream *s, int error);
};

#define STREAM_READ SOCK_READ_MOST /* at most so many bytes a recv(2) */

struct stream {
    struct watch watch;
    struct loop *loop;
    const struct stream_ops *ops;
    struct buf out;      /* not sent yet */
    int fd;              /* the owner's */
    bool reading;        /* the owner wants input */
    bool ask_space;      /* the owner wants to know when the socket takes more */
    bool ended;          /* the peer shut down its side */
    bool hung;           /* it hung up, which is not to be told (now) */
    bool patient;        /* the owner's: a Unix peer that closes is not told of once it has ended */
    bool shutting, shut; /* this side: as soon as `out` is empty; done */
    int broken;          /* errno of a send that failed; told once, by `fail` from the loop */
    struct timer failure;   /* when that is told */
    struct throttle *paces; /* of what is received, and of what is sent; NULL: no limit */
    uint64_t received, sent;
    uint64_t dropped; /* bytes that stream_send had to drop since it was broken */
    int64_t active;   /* when a byte last went either way (loop_now) */
};

/* Begins to read. The descriptor stays the owner's. */
void stream_start(struct stream *s, struct loop *loop, int fd, const struct stream_ops *ops);
/* No more than so many bytes a second, either way; for a stream whose owner does not read itself.
 */
void stream_limit(struct stream *s, uint64_t rate);
/* Leaves the loop and frees what waits; the descriptor stays open. Also when it was never started
 * ({0}). */
void stream_stop(struct stream *s);

/* Sends what the socket takes now, and keeps the rest: the owner bounds it by not reading while
 * stream_waiting is large. Once this side is shut down nothing is sent, nor kept. */
void stream_send(struct stream *s, const void *bytes, size_t n);
/* Sends what the socket takes now of these pieces, and keeps nothing. Returns how many bytes went.
 * Only while stream_waiting is 0. */
size_t stream_try(struct stream *s, const struct iovec *pieces, int count);

static inline size_t stream_waiting(const struct stream *s) { return s->out.size; }

/* While on, `space` is called when all is sent and the socket takes more. */
void stream_ask_space(struct stream *s, bool on);
/* While off, nothing is read: the peer's bytes wait in the system, and then it has to wait
 * itself. */
void stream_read(struct stream *s, bool on);

/* Shuts down this side as soon as all is sent: the peer then reads the end of the stream. */
void stream_shut(struct stream *s);

/* Told by an owner that reads by itself (`readable`): n bytes came; the peer has ended; the
 * connection failed. */
void stream_came(struct stream *s, size_t n);
void stream_ended(struct stream *s);
void stream_failed(struct stream *s, int error);

#endif
