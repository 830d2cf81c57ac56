#include "applets/guess/game.h"

#include "common/base/lang.h"

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): any seed
 * is a good one. */
static uint64_t next(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

struct game game_draw(struct game_rules *rules) {
    uint64_t max = (uint64_t)rules->max, surplus = (UINT64_MAX % max + 1) % max, drawn;
    do /* The last values of the generator do not cover all numbers: they would favour small ones.
        */
        drawn = next(&rules->state);
    while (drawn > UINT64_MAX - surplus);
    return (struct game){.number = (int64_t)(drawn % max) + 1};
}

void game_explain(struct buf *out, const struct game_rules *rules) {
    buf_format(out,
               trn_wire("I picked a number from 1 to %lld. You have %lld try.\n",
                        "I picked a number from 1 to %lld. You have %lld tries.\n",
                        (uint64_t)rules->tries),
               (long long)rules->max, (long long)rules->tries);
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static void trim(const char **s, size_t *n) {
    while (*n > 0 && is_blank((*s)[*n - 1])) --*n;
    for (; *n > 0 && is_blank(**s); --*n) ++*s;
}

/* False when it is no number. One above GAME_MOST or below 0 becomes 0, which is out of range
 * too. */
static bool read_number(const char *s, size_t n, int64_t *number) {
    bool below = n > 0 && *s == '-';
    if (n > 0 && (below || *s == '+')) s++, n--;
    *number = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') return false;
        if (*number <= GAME_MOST) *number = 10 * *number + (s[i] - '0');
    }
    if (below || *number > GAME_MOST) *number = 0;
    return n > 0;
}

/* What is wrong with a guess, a format for the largest number; NULL when it counts. */
static const char *fault(const struct game_rules *rules, const char *guess, size_t size,
                         int64_t *number) {
    trim(&guess, &size);
    if (!read_number(guess, size, number))
        return "not a number: guess a number from 1 to %lld (no try lost)\n";
    return *number < 1 || *number > rules->max
               ? "out of range: guess a number from 1 to %lld (no try lost)\n"
               : NULL;
}

bool game_answer(struct buf *out, const struct game_rules *rules, struct game *game,
                 const char *guess, size_t size) {
    int64_t number;
    const char *wrong = fault(rules, guess, size, &number);
    if (wrong) {
        buf_format(out, tr_wire(wrong), (long long)rules->max);
        return true;
    }
    game->used++;
    int64_t left = rules->tries - game->used;
    if (number == game->number)
        buf_format(out,
                   trn_wire("correct, %lld try used\n", "correct, %lld tries used\n",
                            (uint64_t)game->used),
                   (long long)game->used);
    else if (left == 0)
        buf_format(out, tr_wire("out of tries, the number was %lld\n"), (long long)game->number);
    else
        buf_format(
            out,
            game->number > number
                ? trn_wire("higher, %lld try left\n", "higher, %lld tries left\n", (uint64_t)left)
                : trn_wire("lower, %lld try left\n", "lower, %lld tries left\n", (uint64_t)left),
            (long long)left);
    return number != game->number && left > 0;
}
