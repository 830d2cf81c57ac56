/* console: lines of a person or a script on stdin, lines for it on stdout. At a terminal they are
 * edited (term.h) and what arrives appears above (screen.h); elsewhere they are bytes. */
#ifndef SOCKKIT_CHAT_CONSOLE_H
#define SOCKKIT_CHAT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/line.h"
#include "common/io/output.h"
#include "common/io/source.h"
#include "common/loop/loop.h"
#include "common/tty/screen.h"
#include "common/tty/term.h"

struct console {
    /* The owner's, set before console_start: a line without its ending (NULL: stdin has ended, told
     * once); stdout, which was full, takes more; stdout has failed, which was told (out.status). */
    void (*line)(struct console *c, const char *text, size_t size);
    void (*complete)(struct console *c, const char *text, size_t size); /* as in struct term */
    void (*drained)(struct console *c);
    void (*failed)(struct console *c);
    bool mute; /* nothing will be shown: stdout is left alone */

    bool on_terminal;  /* stdout is one */
    bool typed;        /* stdin is one */
    unsigned skipped;  /* lines of stdin that were too long; each was told */
    bool broken;       /* stdin could not be read, which was told */
    struct output out; /* stdout; while it is full the owner reads nobody */

    /* private */
    struct loop *loop;
    struct screen screen;
    struct term term;
    struct source in;
    struct line framing;
    bool ended;
};

/* Rests at first. */
void console_start(struct console *c, struct loop *loop);
/* Whether lines are wanted. Those that one read brought are still told. */
void console_want(struct console *c, bool on);
/* Whether a line that was typed stays on the terminal (at first it does not, since the room says
 * it). */
void console_keep_typed(struct console *c, bool on);
/* From `complete`: puts n bytes before the cursor. */
void console_insert(struct console *c, const char *bytes, size_t n);
/* A finished line without its ending; harmless, where stdout is a terminal. */
void console_show(struct console *c, const char *text, size_t size);
/* True when stdin may still bring lines that nobody types: a file, a pipe, a socket. */
bool console_lasts(const struct console *c);
/* For an owner that stops before the end of stdin, which is over by that: how many lines were not
 * told, of what had been read and of what stdin still holds now (which is read for it). */
size_t console_unread(struct console *c);
void console_stop(struct console *c);

#endif
