/* relay: joins a connected socket with stdin and an output, both ways at once, until both
 * directions have ended. Half-close is explicit: each direction is OPEN, DRAINING (its source has
 * ended, bytes wait) or DONE. */
#ifndef SOCKKIT_IO_RELAY_H
#define SOCKKIT_IO_RELAY_H

#include "common/base/msg.h"
#include "common/io/output.h"
#include "common/io/rest.h"
#include "common/io/sink.h"
#include "common/io/source.h"
#include "common/loop/loop.h"

enum relay_state { RELAY_OPEN, RELAY_DRAINING, RELAY_DONE };

struct relay {
    /* The caller's, set between relay_start and relay_run. */
    bool half_close;   /* the end of stdin shuts the write side down (default true) */
    bool keep_sending; /* whatever stdin is, it is sent to its end although the peer has ended */
    bool send_only;    /* what the peer says is dropped; it is over once all is acknowledged */
    int64_t idle;      /* ns; 0: none */
    uint64_t rate;     /* bytes a second, either way; 0: no limit */
    const char *peer;  /* as errors name it */
    void (*done)(struct relay *r, enum status outcome);
    /* Where stdin is what somebody types (`in` is -1): told whether it is wanted now; may be told
     * twice. NULL: nobody types. */
    void (*want_typing)(struct relay *r, bool on);
    enum source_kind typed; /* the kind that such a stdin counts as (default SOURCE_TTY) */

    struct sink to_peer;     /* .look may be set */
    uint64_t received, read; /* bytes from the peer; bytes from stdin */
    struct output_origin from;
    /* For `done`: not all that either side sent was taken; the connection is to be reset, so that
     * the peer takes neither what it has nor what it said for all. */
    bool reset;

    /* private */
    struct loop *loop;
    struct output *out;
    struct watch sock;
    struct source in;
    struct rest rest; /* of stdin, once the peer has ended */
    struct timer timer, settle, telling, bulk;
    struct throttle paces[2];  /* of what is sent, and of what is received: */
    struct throttle *incoming; /* NULL: no limit */
    int64_t active, settle_step;
    enum relay_state sending, receiving;
    bool peer_full; /* it takes nothing now */
    /* the write side: shut down; its FIN is on its way (not when the peer had reset); gone */
    bool shut, fin, broken;
    bool low_water;  /* SO_RCVLOWAT is raised */
    bool hung;       /* a hang-up has been seen, which does not go away */
    bool cut;        /* it went before the end of stdin */
    uint64_t unread; /* of a regular file, when the peer went */
};

/* in: -1 where there is no stdin: then the write side is shut down when what relay_say gave has
 * gone, unless half_close is false. The descriptors stay the caller's, but for the output's: it is
 * closed once the peer has ended (output_close). Until relay_stop the relay owns the output in the
 * sense of output.h: it is told what changes there. */
void relay_start(struct relay *r, struct loop *loop, int sock, int in, struct output *out);

/* Bytes to send before anything of stdin. */
void relay_say(struct relay *r, const char *bytes, size_t n);

/* What was typed, as if it had been read from stdin; n = 0: its end. */
void relay_type(struct relay *r, const char *bytes, size_t n);

/* Begins. `done` is called once, from the loop, errors having been told. */
void relay_run(struct relay *r);

/* Frees and leaves the loop; also in the middle. */
void relay_stop(struct relay *r);

#endif
