/* outgoing: the datagrams that are to be sent: words of the command line; else what stdin has, in
 * lines or blocks, typed at a terminal or not; all of it as often as asked. */
#ifndef SOCKKIT_UDP_OUTGOING_H
#define SOCKKIT_UDP_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/udp/cutter.h"
#include "common/base/buf.h"
#include "common/io/source.h"
#include "common/loop/loop.h"
#include "common/net/dgram.h"
#include "common/tty/term.h"

/* How far the end of a line is looked for, to name its size: no datagram is so large. */
#define OUTGOING_LINE ((size_t)1 << 20)

struct outgoing {
    /* The owner's, set before outgoing_start. */
    const struct text *words;          /* NULL: stdin */
    size_t count;                      /* of words */
    size_t block;                      /* 0: lines */
    int64_t repeat;                    /* at least 1 */
    const char *quit_word;             /* a line of stdin that is this is the last; NULL: none */
    void (*ready)(struct outgoing *o); /* more has come, or the end */
    void (*failed)(struct outgoing *o, int error); /* stdin cannot be read */
    /* Where it is set, lines may be typed before they are wanted: told that one waits. Ctrl-D is
     * told by ctrl_d, then, and is not the end. */
    void (*waits)(struct outgoing *o);
    void (*ctrl_d)(struct outgoing *o);

    bool typed;    /* stdin is a terminal */
    bool complete; /* outgoing_take has given out all there is */
    /* private */
    int64_t rounds;
    struct cutter cutter;
    struct source in; /* not started: words, or lines are edited */
    struct term term; /* not started: they are not */
    struct buf keyed; /* lines typed while others are being sent */
    bool keyed_all, wanted;
};

/* Lines typed at a terminal are edited where `edit` says so; `screen` is stdout's (term_start). */
void outgoing_start(struct outgoing *o, struct loop *loop, bool edit, struct screen *screen);
/* Fills in bytes and size of the next ones, at most `most`: how many. They are valid until the next
 * outgoing_want. */
size_t outgoing_take(struct outgoing *o, struct dgram *items, size_t most);
/* Asks for more once all that was taken is sent: `ready` is called later, and outgoing_take may be
 * called again. False: a line is longer than OUTGOING_LINE. */
bool outgoing_want(struct outgoing *o);
/* The terminal is as it was. Also when it was never started. */
void outgoing_stop(struct outgoing *o);

#endif
