/* cutter: what is sent as datagrams, piece by piece: words that are there already, or a stream of
 * bytes: its lines, without their newline, or blocks of one size. A last line without newline
 * counts, and a last block may be shorter. Pure. */
#ifndef SOCKKIT_UDP_CUTTER_H
#define SOCKKIT_UDP_CUTTER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cli/texts.h"

struct cutter {
    const struct text *words; /* the caller's; NULL: a stream */
    size_t count;             /* of words */
    size_t block;             /* 0: lines */
    bool keep;                /* for cutter_again: pieces that were given out stay */
    bool ended;               /* no more bytes come; the caller's to set */
    char *bytes;              /* owned; [at .. size) has not been given out */
    size_t size, room, at;    /* at: of words, the number of the next */
};

/* Room for n more bytes, to be written by the caller and counted by cutter_grown. What was cut
 * before is no longer valid. */
char *cutter_reserve(struct cutter *c, size_t n);
void cutter_grown(struct cutter *c, size_t n);
/* The next piece, in place. False: it has not all come yet, or there is none any more. */
bool cutter_next(struct cutter *c, const char **bytes, size_t *size);

/* True when all was given out, and no more comes. */
static inline bool cutter_over(const struct cutter *c) {
    return c->words ? c->at == c->count : c->ended && c->at == c->size;
}

/* Bytes of the stream that have not been given out. */
static inline size_t cutter_waiting(const struct cutter *c) { return c->size - c->at; }

/* From the beginning once more. */
void cutter_again(struct cutter *c);
void cutter_free(struct cutter *c);

#endif
