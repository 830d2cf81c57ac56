/* hub_room: a room that several servers have, at one of them. What its members do becomes deeds,
 * which somebody takes to the hub; what the log of the hub tells is shown, and settles them. No
 * I/O. */
#ifndef SOCKKIT_CHAT_HUB_ROOM_H
#define SOCKKIT_CHAT_HUB_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/chat/deed.h"
#include "applets/chat/entry.h"
#include "applets/chat/guest.h"
#include "applets/chat/service.h"

/* What waits for the hub, in bytes: of one member, and in all. Beyond that input waits. */
#define HUB_ROOM_OWN ((size_t)65536)
#define HUB_ROOM_ALL ((size_t)4 << 20)

struct hub_room {
    struct service_hub ops; /* for the service */
    struct service *service;
    struct deeds deeds;
    char server[SERVER_ID + 1];
    void (*wake)(struct hub_room *r); /* the owner's: there are deeds to be sent */
    /* private */
    struct guest *guests; /* who sit here */
    uint64_t members;     /* their numbers so far */
    bool full, closed;
};

/* The service is the caller's; `wake` and `server` are set before. */
void hub_room_start(struct hub_room *r, struct service *service);
/* From now on nobody does anything. */
void hub_room_close(struct hub_room *r);
void hub_room_stop(struct hub_room *r);

/* False: it speaks for a server that nobody has come from. */
bool hub_room_knows(struct hub_room *r, const struct entry *e);
/* Shows what an entry tells; those of the past, of which nobody here knows more, become history
 * alone. */
void hub_room_show(struct hub_room *r, const struct entry *e);
void hub_room_remember(struct hub_room *r, const struct entry *e);

/* The list of who is in the room: after the start each of those that the hub knows. At its end, if
 * what they did was missed, who is elsewhere and not listed is there no more. */
void hub_room_list_start(struct hub_room *r);
void hub_room_list(struct hub_room *r, const struct seat *seat, const char *name);
void hub_room_list_end(struct hub_room *r);

/* The hub has all deeds up to this number, and none beyond; what came back of them has been shown.
 * The others will be sent anew. */
void hub_room_settle(struct hub_room *r, uint64_t number);
/* Those who sit here and are, or were, in the room join again, before anything else is sent. */
void hub_room_rejoin(struct hub_room *r);
/* Goes over the servers of those who are elsewhere. */
void hub_room_elsewhere(struct hub_room *r, void (*each)(void *ctx, const char *server), void *ctx);
/* That server is no more, and the hub does not know that it was there: its members are to leave. */
void hub_room_lost(struct hub_room *r, const char *server);

#endif
