/* tap: copies of what goes by. -o FILE has what is received appended; -x FILE is a hex dump of both
 * directions, one line for each 16 bytes:
 *
 *     < 00000000  42 6f 6e 6a 6f 75 72 0a                           Bonjour.
 *
 * '<' received, '>' sent; the offset counts each direction by itself. "-x -" is stderr. Where a
 * tool serves several peers the peer is named on a line of its own ("# 127.0.0.1:4242") when it
 * changes. */
#ifndef SOCKKIT_IO_TAP_H
#define SOCKKIT_IO_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/msg.h"

/* One peer's place in the dump. */
struct tap_place {
    const char *peer;        /* whose bytes they are, the caller's; NULL: there is one peer only */
    uint64_t received, sent; /* so far */
};

struct tap {
    int output; /* -1: none */
    int dump;   /* -1: none; 2: lines of msg.h, which knows who else is on the terminal */
    const char *output_name, *dump_name; /* the caller's */
    char peer[160];                      /* named last in the dump */
    struct buf line;
};

#define TAP_NONE \
    { .output = -1, .dump = -1 }

/* Opens both (NULL: none), O_APPEND for the output, O_TRUNC for the dump, close-on-exec. -1 with a
 * cause (status 1) that names the file. The names must outlive the tap. */
int tap_open(struct tap *tap, const char *output, const char *dump, struct cause *cause);

static inline bool tap_active(const struct tap *tap) { return tap->output >= 0 || tap->dump >= 0; }

/* n bytes for -o. -1 with a cause when the file could not be written (all of it was not). */
int tap_copy(struct tap *tap, const char *bytes, size_t n, struct cause *cause);
/* n bytes that the peer sent, or was sent, for -x. The same. */
int tap_received(struct tap *tap, struct tap_place *place, const char *bytes, size_t n,
                 struct cause *cause);
int tap_sent(struct tap *tap, struct tap_place *place, const char *bytes, size_t n,
             struct cause *cause);

/* Closes; a close(2) that fails is a failed write. */
int tap_close(struct tap *tap, struct cause *cause);

#endif
