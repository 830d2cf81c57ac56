/* pulse: which of the servers of a room are alive. Each counts up in the hub; one that is not seen
 * to do so for PULSE_LEASE is dead, by the time of who looks on, and as far as that one has looked
 * on all the while. Pure. */
#ifndef SOCKKIT_CHAT_PULSE_H
#define SOCKKIT_CHAT_PULSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/chat/entry.h"
#include "common/base/text.h"

#define PULSE_LEASE (10 * TEXT_NS_PER_S)
#define PULSE_BLINK (3 * TEXT_NS_PER_S) /* so long without a look, and all begins anew */
#define PULSE_MOST 1024                 /* servers; more are not watched */

struct pulse {
    char server[SERVER_ID + 1];
    uint64_t count;
    int64_t since;           /* when that was seen first */
    uint64_t number, before; /* of its last operation that was seen, and of the one before it */
    bool beats;              /* the hub has a count of it */
    bool expected;           /* it should: it has members */
};

struct pulses {
    struct pulse *items; /* owned */
    size_t size, capacity;
    int64_t looked; /* when the hub was asked last */
};

void pulses_free(struct pulses *p);
/* That server has members in the room. */
void pulses_expect(struct pulses *p, const char *server, int64_t now);
/* An operation of that server is seen. False: it, or a later one, was before; numbers never go
 * back. */
bool pulses_advance(struct pulses *p, const char *server, uint64_t number, int64_t now);
/* The last that was seen will be once more. */
void pulses_withdraw(struct pulses *p, const char *server);
/* True when the hub had a count of it at the last look. */
bool pulses_know(const struct pulses *p, const char *server);
/* A look: between the two calls each count that the hub has. */
void pulses_look(struct pulses *p, int64_t now);
void pulses_see(struct pulses *p, const char *server, uint64_t count, int64_t now);
/* Goes over those that are dead (where `beats` is false the hub knows nothing of it), each once in
 * a lease. */
void pulses_judge(struct pulses *p, int64_t now, void (*dead)(void *ctx, const struct pulse *pulse),
                  void *ctx);

#endif
