/* feed: stdin to all clients of a server. One log (fanout.h), and a place in it for each; the
 * slowest sets the pace, nothing is dropped. It is read only while somebody is there to get it; its
 * end half-closes every connection. */
#ifndef SOCKKIT_SERVE_FEED_H
#define SOCKKIT_SERVE_FEED_H

#include <stdbool.h>

#include "common/base/fanout.h"
#include "common/io/source.h"
#include "common/serve/server.h"

/* A client that is fed; embedded in its owner. */
struct feed_reader {
    struct feed *feed; /* NULL: not fed */
    struct session *session;
    uint64_t position; /* in the log */
    struct feed_reader *next, **before;
};

struct feed {
    /* The owner's, set after feed_start: n bytes of these pieces went to a client (NULL: nobody
     * looks); stdin cannot be read (errno). */
    void (*sent)(struct feed_reader *r, const struct iovec *pieces, size_t n);
    void (*failed)(struct feed *f, int error);

    struct fanout log;
    /* private */
    struct source in;
    struct buf converted;
    struct feed_reader *first;
    bool crlf, cr, ended;
};

/* crlf: lines end with CR LF. */
void feed_start(struct feed *f, struct loop *loop, int fd, bool crlf);
void feed_stop(struct feed *f); /* also when it was never started ({0}) */

/* A client has come: it is sent what is read from now on, behind what waits in its stream. */
void feed_join(struct feed *f, struct feed_reader *r, struct session *s);
/* Its stream takes more (stream_ops, space). Also when it is not fed ({0}). */
void feed_more(struct feed_reader *r);
/* It has ended its side: it goes on being fed from a file or pipe until that ends, else it is
 * finished once it has all. */
void feed_ended(struct feed_reader *r);
void feed_leave(struct feed_reader *r);

#endif
