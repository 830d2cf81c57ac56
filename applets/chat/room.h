/* room: the rules of a chat room (sockkit-chat-serve(1)): what a line asks for, and what of a text
 * may be shown. Pure. */
#ifndef SOCKKIT_CHAT_ROOM_H
#define SOCKKIT_CHAT_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/lang.h"

#define ROOM_MESSAGE_MOST ((size_t)4096) /* bytes */
/* What members hear of a hub (hub.h). The latter two refuse nothing. */
#define ROOM_BACK "* the hub is back"
#define ROOM_AWAY "! the hub is away, what you say waits"
#define ROOM_MISSED "! %llu lines were missed"
/* What programs hear: formats, and the French ones begin with the same words in ASCII whatever the
 * server's terminal is. To a newcomer alone, with its name: */
#define ROOM_WELCOME "* welcome, you are %s (/help lists the commands)"
/* Somebody has another name, which is given with its size: */
#define ROOM_RENAMED "* %s is now %.*s"
#define ROOM_RENAMED_MOST 512 /* bytes of it */

/* Puts the text at the end of out with everything harmless that could act on a terminal: C0, DEL
 * and invalid UTF-8 become \xNN, C1 and bidirectional controls and the separators of lines and
 * paragraphs \u{N}, a tab a space. */
void room_clean(struct buf *out, const char *text, size_t size);

enum room_wish {
    ROOM_NOTHING, /* an empty line */
    ROOM_SAY,     /* text */
    ROOM_ME,      /* text: the action */
    ROOM_NICK,    /* name */
    ROOM_WHO,
    ROOM_MSG, /* name, text */
    ROOM_HELP,
    ROOM_QUIT,
    /* to be refused: `fault` says why (a command that is unknown or lacks something; a text too
       long) */
    ROOM_FAULT,
};

/* What a line asks for. The pieces point into the line. */
struct room_line {
    enum room_wish wish;
    const char *name, *text;
    size_t name_size, text_size;
    char fault[256];
};

/* `say` is for the fault. */
void room_read(struct room_line *l, const char *line, size_t size, lang_say *say);

/* Puts what all are to read of a ROOM_SAY or ROOM_ME at the end of out: "(NAME) text", "(NAME *)
 * ACTION". */
void room_speak(struct buf *out, const struct room_line *l, const char *name);
/* The same for a ROOM_MSG, for the two alone: "(FROM -> TO) text"; to NULL: a refusal, which
 * `say` is for: nobody is called so. */
void room_whisper(struct buf *out, const struct room_line *l, const char *from, const char *to,
                  lang_say *say);

/* "* NAME left", with a reason where it did not read. */
void room_left(struct buf *out, const char *name, bool slow);

/* Of the welcome to a newcomer: the name it is given, *size its bytes, within the line. Of any
 * other line: NULL. */
const char *room_welcomed(const char *line, size_t line_size, size_t *size);
/* True of the line that tells of somebody's new name. */
bool room_renames(const char *line, size_t size, const char *from, const char *to);
/* True of a line by which a room refuses what this member has asked for. */
bool room_refuses(const char *line, size_t size);

/* The refusal of a line that is longer than any message may be, and was not read. */
extern const char room_too_long[];

/* What /help says, a line each. */
extern const char *const room_help[];

#endif
