/* screen: a terminal on which text arrives while its last row belongs to somebody: to the line
 * being typed (term.h) or to a progress line (meter.h). What arrives appears above that row. It is
 * harmless: vis_put goes over all that a peer sent. A line that is not finished is shown at once,
 * on that last row. Where nothing more of it comes for 500 ms, or another peer speaks, it is a
 * message without a newline: it is ended before the next thing is shown. What is typed stands
 * behind a question all the same, a line that ends in a blank ("login: ").
 *
 * Where the terminal is stdout's, all of it goes through the output, which shows peers' bytes by
 * this screen; another terminal has a sink of its own here. */
#ifndef SOCKKIT_TTY_SCREEN_H
#define SOCKKIT_TTY_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/vis.h"
#include "common/io/output.h"
#include "common/loop/loop.h"
#include "common/tty/gap.h"

struct screen {
    struct sink *sink; /* NULL: not started */
    bool able;         /* the terminal knows escape sequences (TERM) */

    /* private */
    struct output_view view;
    struct output *output; /* stdout's; NULL: the sink is our own */
    struct sink own_sink;
    struct watch watch; /* of our own sink */
    struct vis cut;     /* what a read cut off, of bytes that have no origin */
    /* the unfinished line; progress; being composed; what the view gave out */
    struct buf tail, status, out, looked;
    const struct gap *line; /* what is typed; NULL: nothing */
    struct loop *loop;
    struct timer silence;      /* since the unfinished line grew */
    const struct vis *speaker; /* whose line it is; NULL: it has no origin */
    bool whole;                /* nothing more of it is expected */
    struct buf drawn;          /* the last row, as it was drawn last */
    size_t cursor;             /* where in `drawn` the cursor was left */
    /* of the terminal when an unfinished line came that no row was drawn for; 0: it takes
     * several */
    size_t columns;
    bool typing, shown; /* the last row is somebody's; it is on the terminal */
    bool broken;        /* the unfinished line fills the row above the last to its edge */
    bool diverted;
};

/* True when both are terminals, and the same. */
bool screen_same(int fd, int other);

/* Where the output is a terminal, peers' bytes are shown by this screen from now on, and narration
 * too if stderr is that terminal; else it stays {0}. To be stopped before the output. */
void screen_start(struct screen *s, struct output *output);
/* On another terminal, that nothing else of the program writes to; flushes by itself. Narration
 * goes here too if stderr is that terminal. */
void screen_open(struct screen *s, struct loop *loop, int fd);
/* What is left of an unfinished character is shown; the row is left on the terminal, and a new line
 * begun where one is unfinished. Also when it was never started ({0}). */
void screen_stop(struct screen *s);

/* What the peer has said is a whole message, newline or not: lines.h told so. */
void screen_end_message(struct screen *s);

/* A finished line (newline included) that is known to be harmless. */
void screen_line(struct screen *s, const char *line, size_t size);

/* The last row belongs to what is typed from now on: this line, behind the unfinished one. It is
 * the caller's and is looked at again whenever the row is drawn; what is far from the cursor is not
 * looked at, however long the line is. */
void screen_row(struct screen *s, const struct gap *line);
/* This line was finished: it stays, in full, and the row is empty. */
void screen_row_done(struct screen *s, const struct gap *line);
/* Nobody types any more. `leave`: what was typed (of more than 4 KiB what is seen of it), or is
 * unfinished, stays as a line of its own. */
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
