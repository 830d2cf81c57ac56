/* fanout: one log, many readers. A bounded ring to which one writer appends; a reader is nothing
 * but a position in it (bytes since the beginning of time), so that N readers cost N integers. What
 * happens when a reader is a whole ring behind is the caller's policy: pause the writer (serve) or
 * drop the reader (chat-serve). */
#ifndef SOCKKIT_BASE_FANOUT_H
#define SOCKKIT_BASE_FANOUT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct fanout {
    char *ring;   /* owned; taken at the first append */
    size_t size;  /* bytes in the ring */
    uint64_t end; /* position after the last byte appended */
};

void fanout_start(struct fanout *f, size_t size);
void fanout_free(struct fanout *f);

/* The oldest position that can still be read. */
uint64_t fanout_oldest(const struct fanout *f);

/* How many bytes can be appended before a reader at `slowest` loses some. */
size_t fanout_room(const struct fanout *f, uint64_t slowest);

/* Appends n <= size bytes, overwriting the oldest. */
void fanout_append(struct fanout *f, const void *bytes, size_t n);

/* What a reader at `position` (not older than fanout_oldest, not beyond the end) lacks, at most
 * `most` bytes of it, as one or two pieces. Returns how many pieces (0: it lacks nothing). Valid
 * until the next append. */
int fanout_pieces(const struct fanout *f, uint64_t position, size_t most, struct iovec pieces[2]);

#endif
