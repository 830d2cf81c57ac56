/* tally: the lines that were put on a connection and that the peer's system has not acknowledged
 * yet, so that those lost at its end can be counted. Pure. */
#ifndef SOCKKIT_CHAT_TALLY_H
#define SOCKKIT_CHAT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/* {0} is an empty one. */
struct tally {
    uint64_t end;    /* bytes put on the stream so far */
    struct buf ends; /* private: for each line, the bytes up to its last one */
    size_t patience; /* private */
};

void tally_free(struct tally *t);

/* n bytes more were put on the stream; `line`: the last of them ends a line that counts. */
void tally_add(struct tally *t, size_t n, bool line);
/* True now and then, when so many lines have come together that tally_left should be asked. */
bool tally_is_long(const struct tally *t);
/* The first `taken` bytes of the stream have been acknowledged: how many lines have not. */
size_t tally_left(struct tally *t, uint64_t taken);

#endif
