/* couple: the rules of a room of two, of which one is the host: what each is to be told for what one of them types. Pure. */
#ifndef SOCKKIT_CHAT_DUO_H
#define SOCKKIT_CHAT_DUO_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "applets/chat/room.h"

#define COUPLE_FAREWELL "the room is closed" /* ends the last line that is told when somebody has left */

enum couple_who { COUPLE_HOST, COUPLE_GUEST };

struct couple {
    char names[2][ROOM_NAME_BYTES];
    struct buf to[2]; /* lines for each, newlines included: the caller's to deliver and clear */
    bool over;        /* one of them has asked to leave: when this is delivered, the room is closed */
};

/* Both names have passed room_name_fault; the guest is called otherwise if they are the same. */
void couple_start(struct couple *c, const char *host, const char *guest);
void couple_free(struct couple *c);

/* The guest has come. */
void couple_greet(struct couple *c);
/* Somebody typed a line. The quit word ("": none) alone on it, or /quit, closes the room. */
void couple_line(struct couple *c, enum couple_who who, const char *line, size_t size, const char *quit_word);
/* Somebody has ended without a word. */
void couple_leave(struct couple *c, enum couple_who who);

#endif
