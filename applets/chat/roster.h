/* roster: who is in a room, by name. A name is unique regardless of the case of its letters
 * (name.h). Pure. */
#ifndef SOCKKIT_CHAT_ROSTER_H
#define SOCKKIT_CHAT_ROSTER_H

#include <stddef.h>

#include "common/base/buf.h"

/* One who is there; embedded in its owner. */
struct roster_entry {
    char *name, *key; /* NULL: not there */
    struct roster_entry *next, **before;
};

struct roster {
    struct roster_entry *first;
    unsigned long guests; /* names given: user1, user2, ... */
};

/* Comes in under the next free name of a guest. */
void roster_enter(struct roster *r, struct roster_entry *e);
/* Who is called so, or NULL; the name has passed name_fault. */
struct roster_entry *roster_find(const struct roster *r, const char *name, size_t size);
/* Is called otherwise; nobody else is called so. */
void roster_rename(struct roster_entry *e, const char *name, size_t size);
void roster_leave(struct roster_entry *e); /* also when it is not there */
/* Puts all names at the end of out, a space in front of each. */
void roster_list(const struct roster *r, struct buf *out);

#endif
