/* screen: a terminal on which text arrives while its last row belongs to somebody: to the line
 * being typed (term.h) or to a progress line (meter.h). What arrives appears above that row. It is
 * harmless: vis_put goes over all that a peer sent. A line that is not finished is shown at once,
 * on that last row.
 *
 * Everything goes through one sink: that of stdout where stdout is this terminal, which stays its
 * owner's to flush. */
#ifndef SOCKKIT_TTY_SCREEN_H
#define SOCKKIT_TTY_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/vis.h"
#include "common/io/sink.h"
#include "common/loop/loop.h"

struct screen {
    struct sink *sink; /* NULL: not started */
    struct vis *safe;  /* the state of whose bytes are shown now; its own unless set */
    bool able;         /* the terminal knows escape sequences (TERM) */

    /* private */
    struct vis own_safe;
    struct sink own_sink;
    struct watch watch;
    void (*full)(struct screen *s);
    /* the unfinished line; what is typed; progress; being composed */
    struct buf tail, row, status, out;
    struct buf looked;    /* what screen_look gave out */
    size_t cursor, drawn; /* in the row, bytes; where the cursor was left, columns */
    bool typing, shown;   /* the last row is somebody's; it is on the terminal */
    bool diverted;
};

/* True when both are terminals, and the same. */
bool screen_same(int fd, int other);

/* On a terminal whose sink is the caller's. `full` is told when something drawn had to wait: then
 * the owner flushes the sink once it is writable. The sink's look may be screen_look with this for
 * its ctx. */
void screen_start(struct screen *s, struct sink *sink, void (*full)(struct screen *s));
/* On a terminal that nothing else of the program writes to; flushes by itself. */
void screen_open(struct screen *s, struct loop *loop, int fd);
/* Narration goes here from now on if stderr is this terminal. */
void screen_divert(struct screen *s);
/* What is left of an unfinished character is shown; the row is left on the terminal, and a new line
 * begun where one is unfinished. Also when it was never started ({0}). */
void screen_stop(struct screen *s);

/* A peer's bytes, as a sink's look (ctx: the screen): they are replaced by what shows them. */
void screen_look(void *ctx, const char **bytes, size_t *n, bool *end);
/* A peer's bytes; n = 0: there come no more, a character that is not complete is shown as it is. */
enum sink_result screen_show(struct screen *s, const char *bytes, size_t n);
/* A finished line (newline included) that is known to be harmless. */
void screen_line(struct screen *s, const char *line, size_t size);

/* The last row belongs to what is typed from now on: this text (copied), behind the unfinished
 * line, the cursor before text[cursor]. */
void screen_row(struct screen *s, const char *text, size_t size, size_t cursor);
/* It was finished: it stays, in full, and the row is empty. */
void screen_row_done(struct screen *s, const char *text, size_t size);
/* Nobody types any more. `leave`: what was typed, or is unfinished, stays as a line of its own. */
void screen_row_off(struct screen *s, bool leave);

/* What the last row shows while no line is unfinished or being typed (copied); size 0: nothing. In
 * the background nothing is shown. */
void screen_status(struct screen *s, const char *text, size_t size);

void screen_clear(struct screen *s);
/* The terminal has another size now. */
void screen_resized(struct screen *s);

#endif
