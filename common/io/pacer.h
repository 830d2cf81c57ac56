/* pacer: lines that go one at a time: with a pause between them, or each once the peer has answered
 * the one before. It reads stdin, or is given what is to be sent; its owner sends it. */
#ifndef SOCKKIT_IO_PACER_H
#define SOCKKIT_IO_PACER_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/io/source.h"
#include "common/loop/loop.h"

#define PACER_LINE ((size_t)1 << 20) /* a longer line goes in pieces */

struct pacer {
    /* The owner's, set before pacer_start. */
    int64_t delay;    /* ns between lines; 0: none */
    bool answers;     /* each is to be answered: bytes, then 100 ms of silence */
    int64_t patience; /* ns; how long a line that is there waits for an answer to the one before */
    /* Puts what is to go next into an empty buffer; false: there is no more. NULL: stdin is read,
     * line by line. */
    bool (*next)(struct pacer *p, struct buf *line);
    /* From the loop: this line goes now; n = 0: there are no more. */
    void (*go)(struct pacer *p, const char *bytes, size_t n);
    void (*unanswered)(struct pacer *p);
    void (*failed)(struct pacer *p, int error); /* stdin cannot be read */
    /* private */
    struct loop *loop; /* NULL: not started, or stopped */
    struct source in;
    struct buf held; /* not sent yet */
    struct timer pause, silence, limit, turn;
    uint64_t received;
    bool wanted, asked, ended;
};

/* Rests until it is wanted. */
void pacer_start(struct pacer *p, struct loop *loop);
/* Whether the owner takes a line now, and how many bytes the peer has said so far: to be told
 * whenever one of the two has changed, and as often as one likes. */
void pacer_want(struct pacer *p, bool on, uint64_t received);
/* No more goes; what is held stays for pacer_unsent. Also when it was never started ({0}). */
void pacer_stop(struct pacer *p);
/* Bytes that have not gone, as far as they are known. */
uint64_t pacer_unsent(struct pacer *p);
void pacer_free(struct pacer *p);

#endif
