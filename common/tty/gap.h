/* gap: a text with a cursor in it, as a gap buffer: what stands before the cursor lies at the
 * beginning of the storage, what stands behind it at the end. What is put in or taken out at the
 * cursor costs its own size, a moved cursor the bytes it passes; the rest is not touched. Pure. */
#ifndef SOCKKIT_TTY_GAP_H
#define SOCKKIT_TTY_GAP_H

#include <stddef.h>

/* {0} is an empty one. */
struct gap {
    char *bytes; /* owned */
    size_t room;
    size_t before, after; /* bytes on either side of the cursor */
};

static inline size_t gap_size(const struct gap *g) { return g->before + g->after; }

static inline const char *gap_before(const struct gap *g) { return g->bytes ? g->bytes : ""; }

static inline const char *gap_after(const struct gap *g) {
    return g->bytes ? g->bytes + g->room - g->after : "";
}

/* Puts n bytes before the cursor. They are not the text's own. */
void gap_put(struct gap *g, const char *bytes, size_t n);
/* Deletes what stands between the cursor and a place in the text, 0 to gap_size. */
void gap_delete(struct gap *g, size_t place);
void gap_move(struct gap *g, size_t place);
/* The whole text in one piece, not terminated; the cursor moves to its end. Valid until a
 * change. */
const char *gap_text(struct gap *g);
/* Empties it but keeps the storage. */
void gap_clear(struct gap *g);
void gap_free(struct gap *g);

#endif
