/* vis: bytes made visible, so that they cannot act on a terminal: as text (vis_put) or C-escaped
 * between quotes (vis_quote). Pure. */
#ifndef SOCKKIT_BASE_VIS_H
#define SOCKKIT_BASE_VIS_H

#include <stdbool.h>
#include <stddef.h>

/* The most bytes that one character of the input becomes. */
#define VIS_SHOWN 16

/* A filter from a peer's bytes to what may be shown on a terminal. Tab, newline and printable UTF-8
 * pass; a CR before a newline is dropped; C0 controls and DEL become ^X, invalid bytes \xNN, C1
 * controls and bidirectional controls \u{N}. A character that a read has cut waits in `held` for
 * its rest. {0} at the beginning. */
struct vis {
    char held[4];
    unsigned char held_size;
    bool cr; /* a CR that waits to see whether a newline follows */
};

/* Filters the n bytes at s into out, which holds vis_bound(n) bytes; returns how many were written.
 * With n = 0 what waits is given out (the end of the stream). */
size_t vis_bound(size_t n);
size_t vis_put(struct vis *state, const char *s, size_t n, char *out);

/* The same for a text that is all there: filters it to its end. Out holds vis_bound(n) bytes. */
size_t vis_whole(const char *s, size_t n, char *out);

/* Writes at most `most` bytes of s, C-escaped between double quotes, to out, which holds
 * vis_quote_bound(most) bytes; "..." stands behind where some were left out. Printable UTF-8
 * passes. Returns out. */
size_t vis_quote_bound(size_t most);
const char *vis_quote(const char *s, size_t n, size_t most, char *out);

#endif
