/* Whatever a client sends to cmd and guess: exactly one line comes back, what stood in the answers
 * before is untouched, and a game ends in time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "applets/cmd/language.h"
#include "applets/guess/game.h"

#define BEFORE "before\n"

static void check(const struct buf *out, size_t least, size_t most) {
    const char *answer = buf_at(out) + strlen(BEFORE);
    size_t size = out->size - strlen(BEFORE);
    if (memcmp(buf_at(out), BEFORE, strlen(BEFORE)) != 0) abort();
    if (size < least || size > most || memchr(answer, '\n', size) != answer + size - 1) abort();
}

static void ask(const char *line, size_t size) {
    struct buf out = {0};
    buf_put(&out, BEFORE, strlen(BEFORE));
    language_answer(&out, line, size, "127.0.0.1:1", 0);
    check(&out, 1, 2 * size + 200);
    buf_free(&out);
}

static bool guess(const struct game_rules *rules, struct game *game, const char *line,
                  size_t size) {
    struct buf out = {0};
    int64_t used = game->used;
    buf_put(&out, BEFORE, strlen(BEFORE));
    bool more = game_answer(&out, rules, game, line, size);
    check(&out, 2, 200);
    if (game->used > rules->tries || game->used < used || (!more && game->used == used)) abort();
    buf_free(&out);
    return more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct game_rules rules = {.max = 100, .tries = 3, .state = size};
    struct game game = game_draw(&rules);
    const char *line = (const char *)data, *end = line + size;
    bool more = true;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = newline ? (size_t)(newline - line) : (size_t)(end - line);
        ask(line, length);
        more = more && guess(&rules, &game, line, length);
        line += length + 1;
    }
    return 0;
}
