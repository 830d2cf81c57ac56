/* entry: what a hub's log tells of a room (hub_script.h), out of the replies to XREAD. All of it is
 * checked as a stranger's: anybody can write into the log. Pure. */
#ifndef SOCKKIT_CHAT_ENTRY_H
#define SOCKKIT_CHAT_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/chat/name.h"
#include "applets/chat/resp.h"
#include "common/base/buf.h"

enum entry_kind {
    ENTRY_JOIN,
    ENTRY_LEFT,
    ENTRY_SAY,
    ENTRY_ME,
    ENTRY_NICK,
    ENTRY_MSG,
    ENTRY_GONE,
    ENTRY_REFUSED,
    ENTRY_EPOCH,
    ENTRY_KINDS,
};

extern const char *const entry_words[ENTRY_KINDS];

/* A place in the log. */
struct entry_id {
    uint64_t ms, count;
};

#define ENTRY_ID_TEXT 44
/* False: it is none. */
bool entry_id_read(const char *text, size_t size, struct entry_id *out);
const char *entry_id_text(const struct entry_id *id, char out[ENTRY_ID_TEXT]); /* returns out */
bool entry_id_before(const struct entry_id *a, const struct entry_id *b);

/* A decimal number of 19 digits at most; false: it is none. */
bool number_read(const char *text, size_t size, uint64_t *out);

#define SERVER_ID 16 /* hexadecimal digits */
bool server_read(const char *text, size_t size, char out[SERVER_ID + 1]);

/* A member of the room: the server where it sits, and its number there. */
struct seat {
    char server[SERVER_ID + 1];
    uint64_t member;
};

#define SEAT_TEXT (SERVER_ID + 24)
/* "SERVER:MEMBER"; false: that is none. */
bool seat_read(const char *text, size_t size, struct seat *out);
const char *seat_text(const struct seat *seat, char out[SEAT_TEXT]); /* returns out */

struct entry {
    enum entry_kind kind;
    uint64_t n, q;
    struct seat seat, to;
    /* Each of them has passed name_fault, or is "". */
    char name[NAME_BYTES], other[NAME_BYTES];
    const char *text; /* at most ROOM_MESSAGE_MOST bytes; of ENTRY_NICK and ENTRY_REFUSED a name, or
                         empty; valid until the next item */
    size_t size;
};

enum entry_state {
    ENTRY_MORE,
    ENTRY_WHOLE,   /* an entry of ours is complete */
    ENTRY_FOREIGN, /* one that is not ours, or too large */
    ENTRY_BROKEN,  /* these are no entries of a log */
};

/* {0} at the beginning of a reply. */
struct entry_reader {
    struct entry_id id; /* of the entry that is complete */
    struct entry entry;
    uint64_t count; /* entries of this reply so far */
    /* private */
    uint64_t items;  /* of the entry that are still to come */
    int field;       /* whose value comes next; -1: a name comes; else one that does not matter */
    unsigned fields; /* those that came */
    bool foreign;
    struct buf bytes; /* of the text */
};

void entry_reader_free(struct entry_reader *r);
/* The next item of a reply to XREAD on one stream. An empty reply is RESP_NULL at depth 0. */
enum entry_state entry_hear(struct entry_reader *r, const struct resp_item *item);

#endif
