/* contacts: whom a chat has heard of, from the lines of its room, so that their names can be
 * completed. Pure. */
#ifndef SOCKKIT_CHAT_CONTACTS_H
#define SOCKKIT_CHAT_CONTACTS_H

#include <stddef.h>

#include "applets/chat/roster.h"
#include "common/base/buf.h"

#define CONTACTS_MOST 10000 /* names; further ones are not noted */

/* {0} is an empty one. */
struct contacts {
    struct roster roster;
};

void contacts_free(struct contacts *c);
/* Takes note of who is in the room, and of who is not any more, by a line of it. */
void contacts_hear(struct contacts *c, const char *line, size_t size);
/* Puts at the end of out how the last word of `text` goes on, if that begins a name (in whatever
 * case): up to where several names part; with a space behind it, when there is one name alone. */
void contacts_complete(const struct contacts *c, const char *text, size_t size, struct buf *out);

#endif
