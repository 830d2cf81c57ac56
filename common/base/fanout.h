/* fanout: one log, many readers. A bounded ring to which one writer appends. A reader is a position
 * in it, in bytes since the beginning of the log, so that N readers cost N integers. What becomes
 * of a reader that is a whole ring behind is up to the caller: it pauses the writer, or drops the
 * reader. */
#ifndef SOCKKIT_BASE_FANOUT_H
#define SOCKKIT_BASE_FANOUT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct fanout {
    char *ring;   /* owned; allocated at the first append */
    size_t size;  /* bytes in the ring */
    uint64_t end; /* position after the last byte appended */
};

void fanout_start(struct fanout *f, size_t size);
void fanout_free(struct fanout *f);

/* The oldest position whose byte is still there. */
uint64_t fanout_oldest(const struct fanout *f);

/* How many bytes can be appended before the reader at `slowest` loses one. */
size_t fanout_space(const struct fanout *f, uint64_t slowest);

/* Appends n <= size bytes, overwriting the oldest. */
void fanout_append(struct fanout *f, const void *bytes, size_t n);

/* The bytes from `position` (not older than fanout_oldest, not beyond the end) to the end, at most
 * `most` of them, in one or two pieces. Returns how many pieces, 0 at the end. Valid until the next
 * append. */
int fanout_pieces(const struct fanout *f, uint64_t position, size_t most, struct iovec pieces[2]);

#endif
