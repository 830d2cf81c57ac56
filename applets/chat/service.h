/* service: a room at work: its members, what they ask for, and who is told what. Where a member
 * sits, at the other end of a connection say, is its owner's business. */
#ifndef SOCKKIT_CHAT_SERVICE_H
#define SOCKKIT_CHAT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/chat/channel.h"
#include "applets/chat/history.h"
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

struct service {
    struct loop *loop;
    struct channel channel;
    struct roster roster;
    struct transcript transcript;
    struct later turn; /* what was said in this turn is delivered at its end */
    struct buf line;   /* the one being put together */
    bool closing;      /* nobody is told any more who leaves */
};

struct member;

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
};

/* Embedded in its owner. {0} is one who is not there. */
struct member {
    const struct member_ops *ops;
    struct service *service;
    struct subscriber reader;
    struct roster_entry called; /* there until the others have been told that it left */
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
static inline bool service_leaves(const struct member *m) { return m->reader.end != UINT64_MAX; }

static inline bool service_is_done(const struct member *m) {
    return service_leaves(m) && !subscriber_lacks(&m->reader);
}

/* True when no further line of the member should be read for now: it does not fetch the answers to
 * those it has sent. */
bool service_waits(const struct member *m);

#endif
