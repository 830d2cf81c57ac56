/* talker: a connection to a server that talks in lines (line.h): a stream whose input comes as
 * messages. */
#ifndef SOCKKIT_CHAT_TALKER_H
#define SOCKKIT_CHAT_TALKER_H

#include "common/base/line.h"
#include "common/net/stream.h"

struct talker {
    struct stream stream;
    struct line framing;
    struct timer silence, idling;
    int64_t idle; /* ns without a byte either way, then it fails; 0: for ever */
    /* The owner's, set before talker_start. */
    void (*heard)(struct talker *t, enum line_kind kind, const char *text, size_t size);
    void (*ended)(struct talker *t); /* the peer shut down its side; its last line has been heard */
    void (*space)(struct talker *t); /* as in stream_ops */
    void (*failed)(struct talker *t, int error); /* errno; 0: idle for too long */
};

void talker_start(struct talker *t, struct loop *loop, int fd);
/* Leaves the loop; the descriptor stays open. Also when it was never started ({0}). */
void talker_stop(struct talker *t);

#endif
