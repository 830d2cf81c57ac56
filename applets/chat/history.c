#include "applets/chat/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void history_start(struct history *h, size_t most) { *h = (struct history){.most = most}; }

void history_free(struct history *h) {
    for (size_t i = 0; i < h->count; i++) free(h->pieces[i]);
    free(h->pieces);
    *h = (struct history){.most = 0};
}

static char *place_of(const struct history *h, uint64_t position) {
    uint64_t at = position - h->start;
    return h->pieces[at / HISTORY_PIECE] + at % HISTORY_PIECE;
}

struct iovec history_piece(const struct history *h, uint64_t position, uint64_t end) {
    assert(position >= h->start && position <= end && end <= h->end);
    uint64_t left = end - position,
             straight = HISTORY_PIECE - (position - h->start) % HISTORY_PIECE;
    if (left == 0) return (struct iovec){.iov_len = 0};
    return (struct iovec){place_of(h, position), (size_t)(left < straight ? left : straight)};
}

static void add_piece(struct history *h) {
    if (h->count == h->room) {
        h->room = 2 * h->room + 1;
        h->pieces = mem_resize(h->pieces, h->room, sizeof *h->pieces);
    }
    h->pieces[h->count++] = mem_resize(NULL, HISTORY_PIECE, 1);
}

/* Returns whether memory was taken. */
static bool append(struct history *h, const char *bytes, size_t n) {
    bool grown = false;
    while (n > 0) {
        if (h->end - h->start == h->count * HISTORY_PIECE) {
            add_piece(h);
            grown = true;
        }
        size_t straight = HISTORY_PIECE - (size_t)((h->end - h->start) % HISTORY_PIECE);
        size_t part = n < straight ? n : straight;
        memcpy(place_of(h, h->end), bytes, part);
        h->end += part;
        bytes += part;
        n -= part;
    }
    return grown;
}

static void forget_line(struct history *h) {
    const char *newline = NULL;
    while (!newline) {
        struct iovec piece = history_piece(h, h->first, h->end);
        newline = memchr(piece.iov_base, '\n', piece.iov_len);
        h->first += newline ? (size_t)(newline - (char *)piece.iov_base) + 1 : piece.iov_len;
    }
    h->lines--;
}

bool history_keep(struct history *h, const char *line, size_t size) {
    if (h->most == 0) return false;
    bool grown = append(h, line, size);
    if (++h->lines > h->most) forget_line(h);
    return grown;
}

void history_trim(struct history *h, uint64_t needed) {
    uint64_t keep = needed < h->first ? needed : h->first;
    size_t gone = (size_t)((keep - h->start) / HISTORY_PIECE);
    for (size_t i = 0; i < gone; i++) free(h->pieces[i]);
    h->count -= gone;
    h->start += gone * HISTORY_PIECE;
    if (gone > 0) memmove(h->pieces, h->pieces + gone, h->count * sizeof *h->pieces);
}
