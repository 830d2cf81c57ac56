/* conversation: what stdin says to those who send to a server: its lines, each as a datagram
 * without its newline, to who was heard last, or to all who have been heard. stdin is read once
 * somebody was; what a person types before that waits. */
#ifndef SOCKKIT_UDP_CONVERSATION_H
#define SOCKKIT_UDP_CONVERSATION_H

#include <stdbool.h>

#include "applets/udp/outgoing.h"
#include "applets/udp/senders.h"
#include "common/loop/loop.h"
#include "common/tty/screen.h"

#define CONVERSATION_MOST 1000 /* senders that are remembered */

struct conversation {
    /* The owner's, set before conversation_start. */
    struct loop *loop;
    bool to_all;
    /* stdin says no more, or cannot be read (told). */
    void (*failed)(struct conversation *c);
    /* conversation_finish is done. */
    void (*finished)(struct conversation *c);
    /* private */
    struct outgoing input;
    struct senders heard; /* allocated; those remembered */
    bool started, waiting, crowded;
    bool early;    /* told that lines wait */
    bool quiet;    /* conversation_finish is done */
    bool progress; /* stdin had something since this was looked at last */
    struct timer finishing;
};

/* Takes stdin, unless there is none (/dev/null). Lines typed at a terminal are edited where `edit`
 * says so, on stdout's screen. */
void conversation_start(struct conversation *c, bool edit, struct screen *screen);
/* A datagram came that may be answered: its sender takes part. */
void conversation_hear(struct conversation *c, struct dgram_door *door, const struct dgram *d);
/* All that had to wait to be sent has left. */
void conversation_drained(struct conversation *c);
/* True while stdin may have more to say to somebody. */
bool conversation_goes_on(const struct conversation *c);
/* Says what stdin has to say now without being waited for, then calls `finished`. */
void conversation_finish(struct conversation *c);
/* The terminal is as it was. Also when it was never started. */
void conversation_stop(struct conversation *c);

#endif
