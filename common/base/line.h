/* line: bytes to messages. A message on a stream is a line (behaviour.md section 7):
 *
 * - CR before the newline is dropped, NUL is a byte like any other.
 * - A line longer than `most` bytes, its ending not counted, is reported once as LINE_TOO_LONG as
 * soon as that is known, and the rest of it is skipped.
 * - A last line without newline counts at the end of the stream.
 * - A peer that has never yet sent a newline sends bare messages: what it sent counts after a
 * silence (LINE_SILENCE; the caller keeps the clock and calls line_quiet). The silence ends one
 * that is too long as well. The line ending that follows such a message on its own belongs to it
 * and is no message. One newline, and the connection is line-framed for good.
 *
 * Pure: no clock, no I/O.
 */
#ifndef SOCKKIT_BASE_LINE_H
#define SOCKKIT_BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define LINE_MOST ((size_t)65536)
#define LINE_SILENCE (INT64_C(500) * 1000000) /* ns */

enum line_kind {
    LINE_NONE, /* no further message in what was given */
    LINE_MESSAGE,
    LINE_TOO_LONG, /* a line beyond the limit begins; its text is not given */
};

struct line {
    struct buf part; /* the beginning of a line whose end has not come */
    size_t most;
    bool framed;   /* a newline has been seen */
    bool skipping; /* in the rest of a line that was too long */
    /* the last message ended by silence: a lone line ending that follows is its own */
    bool bare_ended;
    bool taken; /* `part` was given out as a message and goes at the next call */
};

void line_start(struct line *l, size_t most);
void line_free(struct line *l);

/* Takes one message from the bytes at *s, *n of them, and moves both past what it used. Call it
 * until it returns LINE_NONE (then *n is 0). *text and *size stay valid until the next call, are
 * not terminated, and lie in the caller's bytes where they can (no copy for a whole line in one
 * read). */
enum line_kind line_next(struct line *l, const char **s, size_t *n, const char **text,
                         size_t *size);

/* True when a silence of LINE_SILENCE would end a bare message now: the caller runs its timer while
 * this holds. */
bool line_waiting(const struct line *l);

/* The silence has come: what there is, is a message (none where it was too long, and told so).
 * Likewise at the end of the stream, where a last line without newline counts (framed or not).
 * LINE_NONE when there is nothing. */
enum line_kind line_quiet(struct line *l, const char **text, size_t *size);
enum line_kind line_end(struct line *l, const char **text, size_t *size);

#endif
