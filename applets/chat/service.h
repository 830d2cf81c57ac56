/* service: a room at work: its members, what they ask for, and who is told what. Where a member
 * sits, at the other end of a connection say, is its owner's business. */
#ifndef SOCKKIT_CHAT_SERVICE_H
#define SOCKKIT_CHAT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/chat/channel.h"
#include "applets/chat/history.h"
#include "applets/chat/room.h"
#include "applets/chat/roster.h"
#include "applets/chat/transcript.h"
#include "common/base/buf.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"

struct service_conf {
    uint64_t buffer; /* bytes of the log: SERVICE_BUFFER_LEAST or more */
    int64_t history; /* lines for a newcomer */
    const char *log; /* a file for the transcript; NULL: none */
};

#define SERVICE_BUFFER_LEAST 65536

struct member;
struct guest;

/* Who decides instead, where the room is one of several servers (hub.h): what a member does is
 * handed over, and shown when it comes back (the service_show functions below). */
struct service_hub {
    /* It comes in; `name` NULL: under the next free name of a guest. Its m->guest is set. */
    void (*enter)(struct service_hub *h, struct member *m, const char *name);
    void (*hear)(struct service_hub *h, struct member *m, const struct room_line *l);
    /* It leaves; `slow`: it did not read. */
    void (*leave)(struct service_hub *h, struct member *m, bool slow);
    void (*gone)(struct service_hub *h, struct member *m);  /* and is no more */
    bool (*waits)(struct service_hub *h, struct member *m); /* as service_waits */
};

struct service {
    struct loop *loop;
    struct service_hub *hub; /* the owner's, set before anybody comes in; NULL: none */
    struct channel channel;
    struct roster roster;
    struct transcript transcript;
    struct later turn; /* what was said in this turn is delivered at its end */
    struct buf line;   /* the one being put together */
    bool closing;      /* nobody is told any more who leaves */
};

struct member_ops {
    /* Gives the member what it lacks (subscriber_gather), as far as it takes that now, and says so
     * (service_took). It calls nothing else of the service. */
    void (*deliver)(struct member *m);
    /* The member did not read, and hears nothing any more; the room has been told. Its owner ends
     * it, by service_gone at least. */
    void (*drop)(struct member *m);
    /* Instead of `drop`, for one who stays for as long as the service is there: what the member
     * lacked is lost; it hears on from now. It also hears on when it has left. */
    void (*missed)(struct member *m);
    /* What service_waits asked to wait for has happened; only where there is a hub. */
    void (*resume)(struct member *m);
};

/* Embedded in its owner. {0} is one who is not there. */
struct member {
    const struct member_ops *ops;
    struct service *service;
    struct subscriber reader;
    struct roster_entry called; /* there until the others have been told that it left */
    struct guest *guest;        /* instead, where there is a hub: what that knows of it */
    bool leaving;               /* it has asked to leave, which the hub has not told yet */
};

/* Opens the log and the transcript. Returns 0; or the exit status, having told that the transcript
 * cannot be opened. */
int service_start(struct service *s, struct loop *loop, const struct service_conf *conf);
/* From now on nobody is told who leaves: all are about to. */
void service_close(struct service *s);
/* All members are gone. */
void service_stop(struct service *s);

/* The member comes in, under the next free name of a guest. It is welcomed and told who is there,
 * and given the history; the others are told. */
void service_enter(struct service *s, struct member *m, const struct member_ops *ops);
/* The member, who is nobody in the room yet, hears what is said from now on. */
void service_listen(struct service *s, struct member *m, const struct member_ops *ops);
/* One who listens is in the room, called `name` if nobody else is. Nobody is told: it is for one
 * who is there before all others. */
void service_admit(struct member *m, const char *name);
/* A line that the member typed; nothing, when it is not in the room. */
void service_hear(struct member *m, const char *text, size_t size);
/* A line for the member alone, at most 512 bytes, without a newline. */
void service_tell(struct member *m, const char *fmt, ...) MSG_PRINTF(2, 3);
/* The member, by its own wish, hears what has been said up to now and then nothing more. The others
 * are told. */
void service_leave(struct member *m);
/* The member is gone. The others are told, if they have not been. Also when it never came in. */
void service_gone(struct member *m);

/* The first n bytes of what subscriber_gather gave have been delivered. */
void service_took(struct member *m, size_t n);

/* True when the member has asked to leave; when it has heard the last of what it is to hear. */
static inline bool service_leaves(const struct member *m) {
    return m->leaving || m->reader.end != UINT64_MAX;
}

static inline bool service_is_done(const struct member *m) {
    return m->reader.end != UINT64_MAX && !subscriber_lacks(&m->reader);
}

/* True when the member is in the room, or is about to be. */
static inline bool service_has(const struct member *m) { return m->called.name || m->guest; }

/* True when no further line of the member should be read for now: it does not fetch the answers to
 * those it has sent, or the hub has not taken these. */
bool service_waits(struct member *m);

/* --- for a hub: what it tells is shown --- */

/* To all: a line without its newline, at most 511 bytes. */
void service_show(struct service *s, const char *fmt, ...) MSG_PRINTF(2, 3);
/* To all: what was said; l: ROOM_SAY or ROOM_ME. */
void service_show_said(struct service *s, const struct room_line *l, const char *name);
/* The same of what was said before anybody here came: for newcomers' history alone. */
void service_remember(struct service *s, const struct room_line *l, const char *name);
/* To one alone: l, a ROOM_MSG, as room_whisper has it. */
void service_show_whisper(struct member *m, const struct room_line *l, const char *from,
                          const char *to);
/* The member has been shown to the others under this name: it hears the room from here, and is
 * welcomed. */
void service_welcome(struct member *m, const char *name);
/* What concerns nobody else: the answer to ROOM_WHO, ROOM_HELP, ROOM_FAULT. */
void service_answer(struct member *m, const struct room_line *l);
/* It has left: it hears what was said up to now, and nothing more. */
void service_end(struct member *m);

#endif
