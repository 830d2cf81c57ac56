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
#include "common/tty/gap.h"

struct screen {
    struct sink *sink; /* NULL: not started */
    struct vis *safe;  /* the state of whose bytes are shown now; its own unless set */
    bool able;         /* the terminal knows escape sequences (TERM) */

    /* private */
    struct vis own_safe;
    struct sink own_sink;
    struct watch watch;
    void (*full)(struct screen *s);
    /* the unfinished line; progress; being composed; what screen_look gave out */
    struct buf tail, status, out, looked;
    const struct gap *line; /* what is typed; NULL: nothing */
    struct buf drawn;       /* the last row, as it was drawn last */
    size_t cursor;          /* where in `drawn` the cursor was left */
    /* of the terminal when an unfinished line came that no row was drawn for; 0: it takes several
     */
    size_t columns;
    bool typing, shown; /* the last row is somebody's; it is on the terminal */
    bool broken;        /* the unfinished line fills the row above the last to its edge */
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

/* The last row belongs to what is typed from now on: this line, behind the unfinished one. It is
 * the caller's and is looked at again whenever the row is drawn; what is far from the cursor is not
 * looked at, however long the line is. */
void screen_row(struct screen *s, const struct gap *line);
/* This line was finished: it stays, in full, and the row is empty. */
void screen_row_done(struct screen *s, const struct gap *line);
/* Nobody types any more. `leave`: what was typed, or is unfinished, stays as a line of its own. */
void screen_row_off(struct screen *s, bool leave);

/* What the last row shows while no line is unfinished or being typed (copied); size 0: nothing. In
 * the background nothing is shown. */
void screen_status(struct screen *s, const char *text, size_t size);

void screen_clear(struct screen *s);
/* Tells whoever types that a key did nothing. */
void screen_bell(struct screen *s);
/* The terminal has another size now. It is taken to have wrapped a row that became too long, as
 * terminals that rewrap do. */
void screen_resized(struct screen *s);

#endif
