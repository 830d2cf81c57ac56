/* subscriber: one who hears a channel: a position in its log, and lines for this one alone, each
 * heard at the place in the log where it was written. Who comes later is given the history, as a
 * position in it. Pure: a write to the subscriber's socket is its owner's. */
#ifndef SOCKKIT_CHAT_SUBSCRIBER_H
#define SOCKKIT_CHAT_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "applets/chat/history.h"
#include "common/base/buf.h"
#include "common/base/fanout.h"

struct subscriber {
    const struct fanout *log; /* NULL: hears nothing */
    const struct history *history;
    uint64_t position;       /* in the log: heard up to here */
    uint64_t end;            /* in the log: hears no further; UINT64_MAX: for ever */
    uint64_t past, past_end; /* in the history: still to be heard */
    size_t own;              /* bytes of the lines for this one alone, still to be heard */

    /* private */
    struct buf notes; /* those lines, each behind a struct that describes it */
    size_t last;      /* bytes of the last of them, description included; 0: none */
    size_t done;      /* bytes of the first of them that have been heard */
    struct subscriber *next, **before; /* the channel's */
};

/* Begins to hear what is appended to the log from now on. */
void subscriber_start(struct subscriber *s, const struct fanout *log,
                      const struct history *history);
/* Hears nothing any more. Also when it never began ({0}). */
void subscriber_free(struct subscriber *s);

/* Some lines, newlines included, for this one alone: heard behind what is in the log now. */
void subscriber_note(struct subscriber *s, const char *lines, size_t size);
/* The history as it is now, to be heard behind what is in the log and has been noted now. Once. */
void subscriber_replay(struct subscriber *s);

/* True while there is something to hear. */
bool subscriber_lacks(const struct subscriber *s);
/* What there is to hear, in order, as at most `most` pieces; returns how many (0: nothing), *all:
 * their bytes. Valid until the log, the history or the notes change. */
int subscriber_gather(const struct subscriber *s, struct iovec *pieces, int most, size_t *all);
/* The first n bytes of that have been heard. */
void subscriber_took(struct subscriber *s, size_t n);

#endif
