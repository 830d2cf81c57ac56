/* editor: the line that is being typed at a terminal: keys to text, with history. Pure: bytes of
 * keys in, lines out; what is seen of it is row.h's. Keys as shells have them: arrows, Home, End,
 * Delete, Backspace, Ctrl-A B D E F H K L N P U W Y, Alt-B D F and Alt-Backspace. What stands for
 * no key is left out, and so is what a terminal says by itself: answers to requests (CSI, OSC, DCS;
 * ECMA-48 5.4 and 5.6) and the mouse's reports.
 *
 * A line has at most EDITOR_MOST bytes, and so have the text kept for Ctrl-Y and all lines of the
 * history together. A key costs what it changes or passes, however long the line is. */
#ifndef SOCKKIT_TTY_EDITOR_H
#define SOCKKIT_TTY_EDITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tty/gap.h"

#define EDITOR_MOST ((size_t)1 << 20)
#define EDITOR_PAST 500 /* lines of history */
#define EDITOR_KEY 16   /* bytes of a key that are kept */
/* How long the rest of a sequence may take to come, ns: a terminal writes it in one piece, and what
 * comes later is somebody typing. */
#define EDITOR_SILENCE (INT64_C(200) * 1000000)

struct editor {
    struct gap line; /* the cursor never stands within a character */
    bool completing; /* the owner's: Tab is EDITOR_COMPLETE; else it is text */

    /* private */
    char *killed; /* for Ctrl-Y */
    size_t killed_size;
    char **past; /* older lines */
    size_t past_count, past_at;
    size_t past_bytes;
    char *unfinished;     /* the new line, while an older one is looked at */
    char key[EDITOR_KEY]; /* cut by a read */
    size_t key_size;
};

enum editor_event {
    EDITOR_NONE,     /* all bytes are used up */
    EDITOR_LINE,     /* Enter: the line is editor_text; editor_next begins a new one */
    EDITOR_END,      /* Ctrl-D on an empty line */
    EDITOR_CLEAR,    /* Ctrl-L: the screen is to be cleared */
    EDITOR_COMPLETE, /* Tab: what stands before the cursor is to be completed (editor_insert) */
    EDITOR_FULL,     /* the line would have more than EDITOR_MOST bytes: this key did nothing */
};

void editor_free(struct editor *e); /* {0} is an empty one */

/* Takes bytes from *s, *n of them, up to the next event, and moves both past what it used. */
enum editor_event editor_feed(struct editor *e, const char **s, size_t *n);

/* The line as it is now, gap_size(&e->line) bytes, not terminated, valid until the next call. */
const char *editor_text(struct editor *e);

/* Puts n bytes before the cursor, as if they had been typed. EDITOR_NONE, or EDITOR_FULL. */
enum editor_event editor_insert(struct editor *e, const char *bytes, size_t n);

/* The finished line goes to the history, an empty one takes its place. */
void editor_next(struct editor *e);

/* True while the end of a terminal's sequence has not come. After EDITOR_SILENCE without a byte the
 * caller says so with editor_quiet: it will not come any more. */
bool editor_waiting(const struct editor *e);
void editor_quiet(struct editor *e);

/* --- editor_key.c --- */

enum editor_key {
    KEY_NONE,
    KEY_TEXT,
    KEY_ENTER,
    KEY_CLEAR,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_WORD_LEFT,
    KEY_WORD_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_UP,
    KEY_DOWN,
    KEY_BACKSPACE,
    KEY_DELETE,
    KEY_DELETE_OR_END,
    KEY_KILL_START,
    KEY_KILL_REST,
    KEY_KILL_WORD,
    KEY_KILL_NEXT_WORD,
    KEY_YANK,
};

/* The key that the n >= 1 bytes at s begin with; returns its length, 0 when more bytes are needed.
 * A sequence that is no key is KEY_NONE; so is an ESC on its own, once something else follows. */
size_t editor_key(const char *s, size_t n, enum editor_key *key);

#endif
