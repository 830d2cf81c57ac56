/* game: the game of the mystery number (behaviour.md section 6): its rules, its answers, and fair
 * numbers for it. Pure. */
#ifndef SOCKKIT_GUESS_GAME_H
#define SOCKKIT_GUESS_GAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define GAME_MOST INT64_C(1000000000)

struct game_rules {
    int64_t max;   /* numbers are 1 to max */
    int64_t tries; /* at least 1 */
    /* of the generator: a seed; games drawn from equal seeds have equal numbers, one after the
     * other */
    uint64_t state;
};

/* One player's. */
struct game {
    int64_t number, used;
};

/* Draws a number; every one from 1 to max is as likely as the others. */
struct game game_draw(struct game_rules *rules);

/* Each puts a line with its newline at the end of out. */
void game_explain(struct buf *out, const struct game_rules *rules);
/* The answer to a guess, `size` bytes in any form. False: the game is over. */
bool game_answer(struct buf *out, const struct game_rules *rules, struct game *game,
                 const char *guess, size_t size);

#endif
