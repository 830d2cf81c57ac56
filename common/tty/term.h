/* term: a person at a terminal, stdin, types lines, on the last row of a screen. The terminal is in
 * raw mode only while somebody can type: it is as it was when the program is stopped (Ctrl-Z), in
 * the background, at the end of input and after term_stop. In the background the terminal is
 * neither read nor set. Signals stay signals: Ctrl-C and Ctrl-Z are the kernel's to send.
 * termios(3). */
#ifndef SOCKKIT_TTY_TERM_H
#define SOCKKIT_TTY_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "common/loop/loop.h"
#include "common/loop/sig.h"
#include "common/tty/editor.h"
#include "common/tty/screen.h"

struct term {
    struct loop *loop; /* NULL: not started, or at its end */
    /* A finished line, not terminated, without its newline; valid during the call. NULL: the end
     * (Ctrl-D), told once; the terminal is as it was by then, and `loop` is NULL. */
    void (*line)(struct term *t, const char *text, size_t size);
    int error; /* at the end: errno of a terminal that cannot be read; 0: it has been typed */
    /* The owner's, set after term_start. A finished line leaves the terminal: the owner shows what
     * becomes of it. */
    bool vanishes;
    bool endless; /* Ctrl-D is told, but ends nothing: `loop` is set then */
    /* Tab was typed behind these bytes of the line: the owner may complete them (term_insert).
     * NULL: Tab is text. */
    void (*complete)(struct term *t, const char *text, size_t size);

    /* private */
    struct screen *screen;
    struct editor editor;
    struct watch watch;
    struct timer recheck; /* while in the background */
    struct timer silence; /* until the rest of a sequence is no longer waited for */
    struct sig_watch resized, suspended, continued, quit;
    struct termios before;
    struct screen own; /* where stdout is not that terminal */
    bool wanted, raw, first;
    bool full; /* told that the line is */
};

/* True when stdin is a terminal on which a line can be edited. */
bool term_able(void);

/* `out` is stdout's screen where that is a terminal, and outlives this; otherwise it was not
 * started. The row is drawn on stdin's terminal, be it that one or not. Rests at first. term_able
 * must hold. */
void term_start(struct term *t, struct loop *loop, struct screen *out,
                void (*line)(struct term *t, const char *text, size_t size));
/* Whether lines are wanted now: keys wait meanwhile. */
void term_want(struct term *t, bool on);
/* From `complete`: puts n bytes before the cursor. */
void term_insert(struct term *t, const char *bytes, size_t n);
/* What is being typed stays on the terminal. Also when it was never started ({0}) or is at its end;
 * also from `line`. */
void term_stop(struct term *t);

#endif
