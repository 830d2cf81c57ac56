/* resp: the language of a Redis server, version 2 (RESP2): commands for it, and its replies, item
 * by item, as they come. What a reply holds is not kept: an array is told as its length, and then
 * each of its items. Pure. */
#ifndef SOCKKIT_CHAT_RESP_H
#define SOCKKIT_CHAT_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

/* --- commands --- */

/* The head of a command of so many arguments, its name among them; each of them follows. */
void resp_command(struct buf *out, size_t arguments);
void resp_put(struct buf *out, const char *bytes, size_t n);
void resp_text(struct buf *out, const char *text);
void resp_number(struct buf *out, uint64_t number);

/* --- replies --- */

#define RESP_BULK_MOST ((size_t)16384) /* bytes of a string that are kept */
#define RESP_LINE_MOST ((size_t)1024)  /* bytes of any other item */
#define RESP_DEEPEST 8                 /* arrays in arrays */

enum resp_kind {
    RESP_MORE,   /* no further item is complete yet */
    RESP_BROKEN, /* these are no replies; it stays so */
    RESP_STATUS, /* text */
    RESP_ERROR,  /* text */
    RESP_INTEGER,
    RESP_BULK,  /* text; NULL where it has more than RESP_BULK_MOST bytes, which are skipped */
    RESP_NULL,  /* instead of a string or an array */
    RESP_ARRAY, /* `number` items follow, one deeper */
};

struct resp_item {
    enum resp_kind kind;
    unsigned depth; /* in how many arrays it is */
    bool last;      /* the whole reply ends with it */
    int64_t number;
    const char *text; /* not terminated; valid until the next call */
    size_t size;
};

/* {0} is the beginning of a connection. It keeps RESP_BULK_MOST bytes and a little at most. */
struct resp {
    /* private */
    struct buf held;             /* the beginning of an item */
    bool lent;                   /* `held` was given out, and is freed at the next call */
    bool bulk;                   /* the head of a string has been read: */
    uint64_t size;               /* of the string, and its line ending */
    uint64_t skip;               /* bytes still to be skipped of one that is too long */
    uint64_t left[RESP_DEEPEST]; /* items of each array that are still to come */
    unsigned depth;
    bool broken;
};

void resp_free(struct resp *r);

/* Takes one item from the *n bytes at *s, and moves both past what it used. To be called until the
 * kind is RESP_MORE (then *n is 0) or RESP_BROKEN. */
struct resp_item resp_next(struct resp *r, const char **s, size_t *n);

#endif
