/* event: what happened in the processes of a scene, one line of their traces each, in one order,
 * and what caused what. */
#ifndef SOCKKIT_TOUR_EVENT_H
#define SOCKKIT_TOUR_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_LOCAL,   /* nobody else notices */
    EVENT_CONNECT, /* a handshake was begun, and ended */
    EVENT_REFUSED, /* it was refused */
    EVENT_LOST,    /* nobody answered it */
    EVENT_ACCEPT,
    EVENT_SEND,
    EVENT_RECEIVE,
    EVENT_END,      /* the end of the stream was read */
    EVENT_SHUTDOWN, /* this side was ended */
    EVENT_CLOSE,
    EVENT_ICMP,  /* the news of a refusal came */
    EVENT_ENTER, /* the command that starts the process */
    EVENT_WAIT,  /* what is waited for */
    EVENT_SAYS,  /* an error, as the program says it */
};

struct event {
    int64_t at; /* loop_clock; a cause has the time at which it began */
    int actor;  /* 0: the server; others are clients */
    enum event_kind kind;
    int fd;
    long result;
    char *call, *words; /* owned; call "" of what is no call */
    /* private */
    size_t cause;   /* the event that this one is the effect of, plus one; 0: none that is seen */
    size_t effects; /* how many are those of this one */
    bool crosses;   /* it sends something to the other side */
};

/* Those of a scene. {0}: none. */
struct events {
    struct event *items;
    size_t count, capacity;
};

/* Adds one; `call` is as the trace has it. It must not be earlier than its actor's last one: what
 * is is taken for as late. */
void events_add(struct events *e, int actor, int64_t at, const char *call, const char *words);
void events_free(struct events *e);

/* May be called again when more have been added; those that are earlier than all of these stay.
 * Puts them in the order of their times; of the same time a cause comes before what it may have
 * caused. Then finds out what caused what. */
void events_settle(struct events *e);

/* What goes over from this event to the other side: "SYN", "6 bytes", "FIN"; "" where nothing
 * does. What came back by itself: "RST", "ICMP". Return out. */
#define EVENT_LABEL 24
const char *event_sends(const struct event *e, char out[EVENT_LABEL]);
const char *event_returns(const struct event *e);

#endif
