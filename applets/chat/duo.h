/* duo: the rules of a room of two, of which one is the host: what each is to be told for what one
 * of them types. Pure. */
#ifndef SOCKKIT_CHAT_DUO_H
#define SOCKKIT_CHAT_DUO_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/chat/name.h"
#include "common/base/buf.h"

/* How the line ends that is told of who has left: it is the last one. And of who has merely ended:
 * nothing more comes from there, but what is said there is heard. */
#define DUO_FAREWELL "the room is closed"
#define DUO_LISTENS "still hears what is said"

enum duo_who { DUO_HOST, DUO_GUEST };

struct duo {
    char names[2][NAME_BYTES];
    struct buf to[2]; /* lines for each, newlines included: the caller's to deliver and clear */
    /* one of them has asked to leave: when this is delivered, the room is closed */
    bool over;
};

/* Both names have passed name_fault; the guest is called otherwise if they are the same. */
void duo_start(struct duo *d, const char *host, const char *guest);
void duo_free(struct duo *d);

/* The guest has come. */
void duo_greet(struct duo *d);
/* Somebody typed a line. The quit word ("": none) alone on it, or /quit, closes the room. */
void duo_line(struct duo *d, enum duo_who who, const char *line, size_t size,
              const char *quit_word);
/* Somebody will say no more: both are told, and the other goes on. */
void duo_end(struct duo *d, enum duo_who who);
/* Somebody has gone: the room is over. */
void duo_leave(struct duo *d, enum duo_who who);

#endif
