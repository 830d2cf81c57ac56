/* subscriber: somebody who reads a fan-out log, and now and then a note for that reader alone, at
 * the place in the log where it was written. Pure. */
#ifndef SOCKKIT_CHAT_SUBSCRIBER_H
#define SOCKKIT_CHAT_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/fanout.h"

struct subscriber_place;

/* {0} with a position is one with no notes. */
struct subscriber {
    uint64_t position; /* in the log */
    struct buf notes;  /* their bytes, one after the other */
    struct subscriber_place *places;
    size_t count;
    size_t done; /* bytes of the first note that are read already */
};

void subscriber_free(struct subscriber *r);

/* A line (a newline is added) for this reader, to be read when the log has been up to `place`,
 * which never goes back. */
void subscriber_note(struct subscriber *r, uint64_t place, const char *text, size_t size);

/* True when there is something to read, with a log that ends at `end`. */
bool subscriber_lacks(const struct subscriber *r, uint64_t end);

/* What it lacks, in order, as at most `most` (4 or more) pieces; returns how many, *all: their
 * bytes. Valid until the log or the notes change. */
int subscriber_gather(const struct subscriber *r, const struct fanout *log, uint64_t end,
                      struct iovec *pieces, int most, size_t *all);

/* The first n bytes of that have been read. */
void subscriber_took(struct subscriber *r, uint64_t end, size_t n);

#endif
