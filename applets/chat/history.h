/* history: the last lines that were said in a room, for who comes later. Pure. */
#ifndef SOCKKIT_CHAT_HISTORY_H
#define SOCKKIT_CHAT_HISTORY_H

#include <stdint.h>

#include "common/base/buf.h"

struct history {
    struct buf *last; /* a ring of `keep` lines, without newline */
    uint64_t keep, said;
};

/* keep: how many lines. */
void history_start(struct history *h, uint64_t keep);
void history_free(struct history *h);

/* A line that was said: one to be shown to newcomers. */
void history_keep(struct history *h, const char *line, size_t size);
/* The kept lines from oldest to newest: i from 0 up; NULL behind the newest. */
const struct buf *history_line(const struct history *h, uint64_t i);

#endif
