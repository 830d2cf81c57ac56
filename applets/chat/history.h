/* history: the last lines that were said in a room, kept once for all who come later: a newcomer is
 * a position in it (bytes since the beginning of time). Pure. */
#ifndef SOCKKIT_CHAT_HISTORY_H
#define SOCKKIT_CHAT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct history {
    uint64_t first, end; /* the lines for a newcomer: [first, end) */

    /* private */
    char **pieces; /* owned; each HISTORY_PIECE bytes, the first of them begins at `start` */
    size_t count, room;
    uint64_t start;
    size_t lines, most;
};

#define HISTORY_PIECE ((size_t)65536)

/* most: how many lines a newcomer is shown. */
void history_start(struct history *h, size_t most);
void history_free(struct history *h);

/* A line that was said, its newline included (its last byte and no other). True: memory was taken
 * for it, and it is time to call history_trim. */
bool history_keep(struct history *h, const char *line, size_t size);
/* Gives back what lies before `first` and before `needed`, the lowest position still to be read. */
void history_trim(struct history *h, uint64_t needed);

/* The bytes from `position` on that lie in one piece: at most to `end`, which is not before it.
 * Both lie between what history_trim has left and h->end. Valid until the next change. */
struct iovec history_piece(const struct history *h, uint64_t position, uint64_t end);

#endif
