/* line: bytes to messages. A message on a stream is a line:
 *
 * - A CR before the newline is dropped. NUL is a byte like any other.
 * - A line of more than `most` bytes, its ending not counted, is reported once, as LINE_TOO_LONG,
 * as soon as that is known; the rest of it is skipped.
 * - A last line without a newline counts at the end of the stream.
 * - A peer that has not sent a newline yet sends bare messages (a client that writes "hello" and
 *   waits for an answer): what it sent counts after a silence of LINE_SILENCE, also where it is too
 *   long. The caller keeps the clock, and calls line_quiet. A line ending that comes alone after
 *   such a message is the ending of that message. From the first newline on the peer sends lines,
 *   and silence has no meaning.
 *
 * Pure: no clock, no I/O. */
#ifndef SOCKKIT_BASE_LINE_H
#define SOCKKIT_BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define LINE_MOST ((size_t)65536)
#define LINE_SILENCE (INT64_C(500) * 1000000) /* ns */

enum line_kind {
    LINE_NONE, /* what was given has no further message */
    LINE_MESSAGE,
    LINE_TOO_LONG, /* a line exceeds the limit; its text is not given */
};

struct line {
    struct buf part; /* the beginning of a line whose end has not come */
    size_t most;
    bool framed;     /* a newline has been seen */
    bool skipping;   /* in the rest of a line that was too long */
    bool bare_ended; /* the last message ended by silence: a line ending alone is its ending */
    bool lent;       /* `part` was given out as a message, and is freed at the next call */
};

void line_start(struct line *l, size_t most);
void line_free(struct line *l);

/* Takes one message from the *n bytes at *s, and moves both past what it used. To be called until
 * it returns LINE_NONE (then *n is 0). *text is not terminated, and valid until the next call; a
 * line that came whole is not copied, *text lies in the caller's bytes. */
enum line_kind line_next(struct line *l, const char **s, size_t *n, const char **text,
                         size_t *size);

/* True when a silence of LINE_SILENCE would end a bare message now: while this holds the caller
 * runs its timer. */
bool line_waiting(const struct line *l);

/* The silence has come, or the stream has ended: what has no newline yet is a message. LINE_NONE
 * when there is nothing, or when it was reported as too long. */
enum line_kind line_quiet(struct line *l, const char **text, size_t *size);
enum line_kind line_end(struct line *l, const char **text, size_t *size);

#endif
