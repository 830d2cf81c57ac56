/* deed: what members of this server do in a room that is a hub's, in order, until each of it has
 * come back from the hub. Pure. */
#ifndef SOCKKIT_CHAT_DEED_H
#define SOCKKIT_CHAT_DEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/chat/guest.h"
#include "applets/chat/room.h"

struct deed {
    struct deed *next;
    struct guest *guest;  /* whose it is; NULL: the server's own */
    uint64_t number;      /* that it was sent with; 0: it was not sent */
    enum entry_kind kind; /* ENTRY_KINDS: it stays here, `wish` is answered in its turn */
    enum room_wish wish;
    size_t name_size, text_size;
    char bytes[]; /* the name, the text */
};

/* {0} is an empty one. */
struct deeds {
    struct deed *first, *last;
    struct deed *unsent; /* the first that was not sent; NULL: all were */
    size_t bytes;        /* of all of them */
};

/* A piece of text. */
struct piece {
    const char *text;
    size_t size;
};

struct deed *deed_new(struct guest *guest, enum entry_kind kind, struct piece name,
                      struct piece text);

static inline const char *deed_name(const struct deed *d) { return d->bytes; }

static inline const char *deed_text(const struct deed *d) { return d->bytes + d->name_size; }

/* Bytes that it takes. */
size_t deed_size(const struct deed *d);

/* The deed is the queue's from now on, and counts in its guest's `waiting`. */
void deeds_add(struct deeds *q, struct deed *d);
/* The same, in front of those that were not sent. */
void deeds_add_first(struct deeds *q, struct deed *d);
/* Takes out the first: the caller's to free(3). */
struct deed *deeds_take(struct deeds *q);
/* None of them has been sent. */
void deeds_recall(struct deeds *q);
/* How many say something. */
size_t deeds_said(const struct deeds *q);

#endif
