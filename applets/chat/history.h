/* history: what is kept of what was said in a room: the last lines, for who comes later, and a
 * transcript in a file. */
#ifndef SOCKKIT_CHAT_HISTORY_H
#define SOCKKIT_CHAT_HISTORY_H

#include <stdint.h>

#include "common/base/buf.h"

struct history {
    struct buf *last; /* a ring of `keep` lines, without newline */
    uint64_t keep, said;
    int file;         /* -1: none, or no more */
    const char *name; /* the caller's */
};

/* keep: how many lines; file: NULL for none (opened for appending). 0, or -1 with errno. */
int history_start(struct history *c, uint64_t keep, const char *file);
void history_free(struct history *c);

/* A line that was said: one to be shown to newcomers. */
void history_keep(struct history *c, const char *line, size_t size);
/* The kept lines from oldest to newest: i from 0 up; NULL behind the newest. */
const struct buf *history_line(const struct history *c, uint64_t i);

/* A line of the transcript, with the time in front. A write that fails is told once, and ends the
 * transcript. */
void history_write(struct history *c, const char *line, size_t size);

#endif
