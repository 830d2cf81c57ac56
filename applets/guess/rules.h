/* guessing: the game of the mystery number (behaviour.md section 6): its rules, its answers, and fair numbers for it.
 * Pure. */
#ifndef SOCKKIT_GUESS_RULES_H
#define SOCKKIT_GUESS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define GUESSING_MOST INT64_C(1000000000)

struct guessing {
    int64_t max;   /* numbers are 1 to max */
    int64_t tries; /* at least 1 */
    uint64_t state; /* of the generator: a seed; games drawn from equal seeds have equal numbers, one after the other */
};

/* One player's. */
struct guessing_game {
    int64_t number, used;
};

/* Draws a number; every one from 1 to max is as likely as the others. */
struct guessing_game guessing_draw(struct guessing *rules);

/* Each puts a line with its newline at the end of out. */
void guessing_rules(struct buf *out, const struct guessing *rules);
/* The answer to a guess, `size` bytes in any form. False: the game is over. */
bool guessing_answer(struct buf *out, const struct guessing *rules, struct guessing_game *game, const char *guess,
                     size_t size);

#endif
