/* rest: what becomes of a stdin that has not ended when the peer has ended its side first. Bytes
 * come before convenience: what stdin still says may be what the connection is for. But a client
 * that hangs on an idle pipe after the server has answered and gone serves nobody.
 *
 * A regular file, and a pipe or socket that has delivered a byte, is sent to its end. One that has
 * delivered nothing is too, if the peer said nothing either: then stdin is what the connection is
 * for. If the peer spoke and then ended, it is waited for 2 s more. A terminal is not waited for,
 * and nothing is where the system shows that nobody holds the other end any more: then it is over
 * once stdin has said nothing for a moment. What it says sooner is more than the peer took. */
#ifndef SOCKKIT_IO_REST_H
#define SOCKKIT_IO_REST_H

#include <stdbool.h>

#include "common/io/source.h"
#include "common/loop/loop.h"

enum rest_verdict {
    REST_OVER,    /* stdin is not waited for */
    REST_BRIEFLY, /* for 2 s, unless it says something */
    REST_TO_END,
};

/* By what is known when the peer ends its side. Pure. delivered: stdin has said something; spoke:
 * the peer has. */
enum rest_verdict rest_judge(enum source_kind kind, bool delivered, bool spoke);

/* The waiting. {0} before its first start. */
struct rest {
    /* The owner's, set before rest_start. */
    const char *peer;             /* as narration names it */
    int sock;                     /* the connection */
    int in;                       /* stdin */
    bool keep;                    /* --keep-sending: whatever stdin is, it is waited for */
    void (*over)(struct rest *r); /* stdin is not waited for any more */
    /* private */
    struct loop *loop; /* NULL: nobody waits */
    struct timer timer;
    int64_t began, heard, step;
    bool brief, told;
};

/* The peer has ended its side. `over` is called at once, from within, or from the loop, or never.
 * What the wait is for is narrated after a second. */
void rest_start(struct rest *r, struct loop *loop, enum source_kind kind, bool delivered,
                bool spoke);
/* stdin has said something: it is sent to its end. Also when nobody waits. */
void rest_heard(struct rest *r);
/* A Unix socket has hung up: the system is to be asked now. Also when nobody waits. */
void rest_hurry(struct rest *r);
void rest_stop(struct rest *r); /* also when it was never started ({0}) */

/* Before the sandbox is entered: keeps what it takes to ask who holds the other end of a
 * connection, where this stdin may have to be waited for. */
void rest_prepare(int in);

/* Bytes of a regular file from where it is read to its end; 0 for anything else. */
uint64_t rest_unread(int fd);

#endif
