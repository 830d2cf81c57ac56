/* guest: those in a room that several servers have, wherever each of them sits. The room's roster
 * has their names; nothing else is in it. Pure. */
#ifndef SOCKKIT_CHAT_GUEST_H
#define SOCKKIT_CHAT_GUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/chat/entry.h"
#include "applets/chat/roster.h"

struct member;

struct guest {
    struct roster_entry called; /* in the roster while it is in the room */
    struct seat seat;
    /* Of those who sit here; private to the hub. */
    struct member *member; /* NULL: it sits elsewhere, or is here no more */
    struct guest *next, **before;
    char *name;     /* it had, when it was taken for dead; NULL: none */
    size_t waiting; /* bytes of what it does that has not come back */
    bool joining;   /* it has not been in the room yet */
    bool leaving;   /* that it leaves waits */
    bool held;      /* its input waits */
    bool listed;    /* elsewhere: it is in the list that comes */
};

/* Elsewhere. */
struct guest *guest_new(const struct seat *seat);
/* It has left the roster. */
void guest_free(struct guest *g);

bool guest_sits(const struct guest *g, const struct seat *seat);
/* Who is called so and sits there; NULL: nobody. `name` is one, or "". */
struct guest *guest_find(const struct roster *r, const char *name, const struct seat *seat);

static inline bool guest_is_in(const struct guest *g) { return g->called.name; }

struct guest *guest_of(struct roster_entry *called);

#endif
