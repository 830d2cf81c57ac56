/* game: the rules of sockkit-guess(1), the mystery number: what is answered, and numbers drawn
 * without bias. Pure. */
#ifndef SOCKKIT_GUESS_GAME_H
#define SOCKKIT_GUESS_GAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define GAME_MOST INT64_C(1000000000)

struct game_rules {
    int64_t max;    /* numbers are 1 to max */
    int64_t tries;  /* at least 1 */
    uint64_t state; /* of the generator; a seed at first. The same seed gives the same numbers. */
};

/* The game of one player. */
struct game {
    int64_t number, used;
};

/* Draws a number; every one from 1 to max is as likely as the others. */
struct game game_draw(struct game_rules *rules);

/* Each puts a line with its newline at the end of out. */
void game_explain(struct buf *out, const struct game_rules *rules);
/* The answer to a guess, `size` bytes in any form. Returns false when the game is over. */
bool game_answer(struct buf *out, const struct game_rules *rules, struct game *game,
                 const char *guess, size_t size);

#endif
