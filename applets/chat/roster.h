/* roster: who is in a room, by name. A name is unique regardless of the case of its letters
 * (name.h). Pure. */
#ifndef SOCKKIT_CHAT_ROSTER_H
#define SOCKKIT_CHAT_ROSTER_H

#include <stddef.h>

#include "common/base/buf.h"

/* One who is there; embedded in its owner. {0} is one who is not. */
struct roster_entry {
    char *name, *key;                     /* owned; NULL: not there */
    struct roster_entry *next, *previous; /* in the order of coming, the newest first */
    struct roster_entry *same_slot;
};

struct roster {
    struct roster_entry *first;
    size_t count;

    /* private */
    unsigned long guests;        /* names given: user1, user2, ... */
    struct roster_entry **slots; /* a hash table of keys, chained by same_slot */
    size_t slot_count;
};

/* {0} is an empty one. All entries have left. */
void roster_free(struct roster *r);

/* Comes in under this name (NULL: none), or where that is taken under the next free one of a
 * guest. */
void roster_enter(struct roster *r, struct roster_entry *e, const char *name);
/* Who is called so, or NULL; the name has passed name_fault. */
struct roster_entry *roster_find(const struct roster *r, const char *name, size_t size);
/* An entry that is there is called otherwise; nobody else is called so. */
void roster_rename(struct roster *r, struct roster_entry *e, const char *name, size_t size);
void roster_leave(struct roster *r, struct roster_entry *e); /* also when it is not there */

/* Puts the names at the end of out, a space in front of each; those that would take more than
 * `most` bytes are counted instead (" and 17 others"). */
void roster_list(const struct roster *r, struct buf *out, size_t most);

#endif
