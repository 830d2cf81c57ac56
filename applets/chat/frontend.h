/* frontend: the end of a chat where a person or a script sits. Lines of stdin come from it, lines
 * of the room go to stdout. While stdout is slow the peer waits, while the peer is slow stdin does.
 */
#ifndef SOCKKIT_CHAT_FRONTEND_H
#define SOCKKIT_CHAT_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/chat/console.h"
#include "applets/chat/contacts.h"
#include "common/cli/applet.h"
#include "common/loop/loop.h"
#include "common/net/stream.h"

struct frontend_conf {
    struct output_conf output;
    bool mute;             /* nothing will be shown */
    const char *quit_word; /* a line that is this word leaves, unsaid; "": none */
};

struct frontend {
    struct console console;
    struct stream *wire; /* the connection; NULL: none yet. The owner's */
    /* The owner's, where it looks: stdout takes more again; stdout has failed, which was told. */
    void (*drained)(struct frontend *f);
    void (*failed)(struct frontend *f);
    bool rests; /* no line of stdin is wanted. The owner's: then frontend_update */
    int status; /* what the run is to end with: enum status */

    /* private */
    struct loop *loop;
    const struct frontend_conf *conf;
    void (*line)(struct frontend *f, const char *text, size_t size);
    bool coloured;
    struct contacts contacts; /* whose names Tab completes */
};

/* Begins with stdin at rest. `line` gets each line of stdin, without its ending; NULL once, at the
 * end of stdin. */
void frontend_start(struct frontend *f, struct loop *loop, const struct frontend_conf *conf,
                    void (*line)(struct frontend *f, const char *text, size_t size));
/* Shows a line of the room, given without its newline, behind the time where that is asked for
 * (msg_timestamps). */
void frontend_show(struct frontend *f, const char *text, size_t size);
/* Looks again at who has to wait: something was sent, shown, taken, or `wire` or `rests`
 * changed. */
void frontend_update(struct frontend *f);
/* Stops the loop. The first status that is not 0 is kept. */
void frontend_end(struct frontend *f, int status);
/* Leaves stdin and stdout, whose reader gets the rest first unless the run has failed; returns the
 * status of the run. Also when it was never started ({0}). */
int frontend_stop(struct frontend *f, const struct call *call);

#endif
