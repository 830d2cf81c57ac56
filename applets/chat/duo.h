/* duo: the rules of a room of two, of which one is the host: what each is to be told for what one
 * of them types. Pure. */
#ifndef SOCKKIT_CHAT_DUO_H
#define SOCKKIT_CHAT_DUO_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/chat/name.h"
#include "common/base/buf.h"

/* ends the last line that is told when somebody has left */
#define DUO_FAREWELL "the room is closed"

enum duo_who { DUO_HOST, DUO_GUEST };

struct duo {
    char names[2][NAME_BYTES];
    struct buf to[2]; /* lines for each, newlines included: the caller's to deliver and clear */
    /* one of them has asked to leave: when this is delivered, the room is closed */
    bool over;
};

/* Both names have passed name_fault; the guest is called otherwise if they are the same. */
void duo_start(struct duo *c, const char *host, const char *guest);
void duo_free(struct duo *c);

/* The guest has come. */
void duo_greet(struct duo *c);
/* Somebody typed a line. The quit word ("": none) alone on it, or /quit, closes the room. */
void duo_line(struct duo *c, enum duo_who who, const char *line, size_t size,
              const char *quit_word);
/* Somebody has ended without a word. */
void duo_leave(struct duo *c, enum duo_who who);

#endif
