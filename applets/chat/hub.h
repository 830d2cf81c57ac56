/* hub: a room that several chat-serve have in common, by way of a Redis server (the hub) that keeps
 * its log. Two connections: one for commands, one that waits for what is new in the log. A hub that
 * is away is looked for until it is back; what members do meanwhile waits. */
#ifndef SOCKKIT_CHAT_HUB_H
#define SOCKKIT_CHAT_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/chat/engine.h"
#include "applets/chat/hub_room.h"
#include "applets/chat/hub_url.h"
#include "applets/chat/pulse.h"
#include "common/cli/applet.h"
#include "common/net/name.h"

struct hub_conf {
    struct hub_url url; /* room NULL: there is no hub */
    const char *password_file;
    int64_t limit; /* ns in which it is to be reached at the start */
};

enum hub_state {
    HUB_DOWN,
    HUB_MEETING,  /* the connections are made, the script is loaded */
    HUB_ENTERING, /* the hub is told who we are */
    HUB_CATCHING, /* what is in the log already is read; nothing is sent */
    HUB_READY,
};

/* What the hub says when the server enters (hub_script.h). */
struct hub_greeting {
    int64_t epoch, n, missed;
    uint64_t old;
    struct entry_id at, last;
    bool known; /* `old` is there */
    unsigned items;
    struct seat seat; /* of the list: whose name comes next */
    bool seated, broken;
};

struct hub {
    struct hub_room room;
    struct service *service;
    struct loop *loop;
    const struct hub_conf *conf;
    struct net_name name;
    struct dial_plan plan;
    struct engine_login login;
    struct buf password; /* of the file */
    int64_t history;     /* lines for newcomers */
    char where[NET_NAME_TEXT];

    enum hub_state state;
    struct engine talk, ears;
    struct timer retry, away, tick, opening, crowd, reading;
    struct later flushing;
    int64_t ticked; /* when that was last */
    int64_t pause;  /* until the next attempt */
    bool told;      /* the room has been told that the hub is away */
    bool odd;       /* every other tick */

    /* the commands: what is expected of `talk`, in order */
    unsigned char expected[32];
    unsigned asked, answered;
    int64_t asking;   /* since when the next of it has been expected */
    int64_t met;      /* when the connections were begun */
    unsigned batches; /* on their way */
    bool beating;     /* a beat is */
    char script[41];  /* its SHA-1 */
    uint64_t top;     /* the last number given to a deed */
    struct pulses pulses;
    char pulse[SERVER_ID + 1]; /* whose count comes next; "": nobody's */
    bool pulsing;

    /* the log */
    struct hub_greeting greeting;
    int64_t epoch;
    uint64_t n;              /* of the entry that was shown last; 0: any may follow */
    struct entry_id id;      /* read up to here */
    struct entry_id doubted; /* the one before which entries seemed to be missing */
    int64_t replied;         /* when the last reply was over */
    bool stale;              /* the list of who is there is wanted anew */
    bool past;               /* what is read was before our time */
    bool behind;             /* the log holds more than one reply */
    bool pressed;            /* members have to read first */
    uint64_t measured;       /* in the room's log: when it was looked who has to */
    uint64_t progress;       /* of those, and when that was looked at */
    int64_t progressed;
    struct entry_reader reader;

    /* the beginning and the end */
    bool starting, ending, left;
    enum status status;
    char why[RESP_LINE_MOST + 1]; /* it was lost, or not reached */
};

/* Reaches the hub of the configuration and learns who is there and what was said, in the loop,
 * before anybody has come in. Returns 0; or the exit status, having told why (unless the call is
 * over). Then, too, hub_stop is to be called. */
int hub_start(struct hub *h, const struct call *call, const struct hub_conf *conf,
              struct service *service, int64_t history);
/* True when its name has to be looked up. */
bool hub_is_looked_up(const struct hub_conf *conf, bool numeric);
/* The last of what was said is taken to the hub, and that all leave; runs the loop for a few
 * seconds at most. Returns 0; or the exit status, having told how much was not said. */
int hub_finish(struct hub *h);
/* The members have gone, and the service is still there. Also when it was never started ({0}). */
void hub_stop(struct hub *h);

#endif
