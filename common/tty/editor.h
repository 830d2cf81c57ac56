/* editor: the line that is being typed at a terminal: keys to text, with history. Pure: bytes of
 * keys in, lines out; what is seen of it is row.h's. Keys as shells have them: arrows, Home, End,
 * Delete, Backspace, Ctrl-A B D E F H K L N P U W Y, Alt-B D F and Alt-Backspace. What stands for
 * no key is left out. */
#ifndef SOCKKIT_TTY_EDITOR_H
#define SOCKKIT_TTY_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#define EDITOR_KEY 16 /* bytes of a key, at most */

struct editor {
    char *text; /* owned; NULL: empty */
    size_t size, room;
    size_t cursor; /* before this byte; never within a character */

    /* private */
    char *killed; /* for Ctrl-Y */
    size_t killed_size;
    char **past; /* older lines */
    size_t past_count, past_at;
    char *unfinished;     /* the new line, while an older one is looked at */
    char key[EDITOR_KEY]; /* cut by a read */
    size_t key_size;
};

enum editor_event {
    EDITOR_NONE,  /* all bytes are used up */
    EDITOR_LINE,  /* Enter: the line is e->text; editor_next begins a new one */
    EDITOR_END,   /* Ctrl-D on an empty line */
    EDITOR_CLEAR, /* Ctrl-L: the screen is to be cleared */
};

void editor_free(struct editor *e); /* {0} is an empty one */

/* Takes bytes from *s, *n of them, up to the next event, and moves both past what it used. */
enum editor_event editor_feed(struct editor *e, const char **s, size_t *n);

/* The finished line goes to the history, an empty one takes its place. */
void editor_next(struct editor *e);

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
 * An escape sequence that is not known is KEY_NONE; so is an ESC on its own, once something else
 * follows. */
size_t editor_key(const char *s, size_t n, enum editor_key *key);

#endif
