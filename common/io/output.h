/* output: stdout, and its one owner. All that ends on stdout goes through here: the bytes of peers,
 * shown by a screen where stdout is a terminal, with the copy of -o and the dump of -x; and lines
 * of our own.
 *
 * Nothing blocks. What stdout does not take now is kept and written once it can be; meanwhile the
 * output is `full`, and whoever produces for it pauses, so that what is kept stays small. A stdout
 * whose reader has gone ends the run by SIGPIPE, without a word: that is noticed by a write, and
 * from the loop while nothing is written. (A terminal that hangs up is told by SIGHUP instead.) A
 * stdout that cannot be written for another reason, or a copy that cannot, is told in one line and
 * ends the run with status 1. */
#ifndef SOCKKIT_IO_OUTPUT_H
#define SOCKKIT_IO_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/vis.h"
#include "common/io/sink.h"
#include "common/io/tap.h"
#include "common/loop/loop.h"

/* Whose bytes: where the peer stands in the dump, and what a read has cut off of its last
 * character. {0} but for place.peer at the beginning. */
struct output_origin {
    struct tap_place place;
    struct vis cut;
};

/* How bytes are shown on a terminal. The screen (tty/screen.h), which lives on a floor above this
 * one, puts itself here. */
struct output_view {
    /* Replaces a peer's bytes by what shows them (the view's, valid until the next call); n = 0:
     * there come no more. `cut` is the origin's; NULL: the view's own. */
    void (*show)(struct output_view *v, struct vis *cut, const char **bytes, size_t *n);
    /* The line that is shown last is unfinished. */
    bool (*line_open)(const struct output_view *v);
};

struct output {
    /* The owner's, set after output_start. Told that `full` has changed, from within a call or from
     * the loop; and, from the loop in a later turn, that `status` is set. May be NULL. */
    void (*changed)(void *owner);
    void *owner;
    struct buf text; /* lines being put together, for output_flush */

    bool full;  /* stdout takes nothing now */
    int status; /* not 0: the exit status of a failure, which has been told */

    /* private */
    struct loop *loop; /* NULL: not started */
    struct sink sink;
    struct watch watch;
    struct tap tap;
    bool shared;                /* narration goes to the same file */
    struct output_view *view;   /* NULL: bytes are written as they are */
    struct output_origin *from; /* of the bytes that are on their way */
    struct later flushing;
    struct timer telling;
    bool draining;
};

/* `fd` is stdout's, or -1 where nothing will be written: then nobody's going is noticed. It stays
 * open. */
void output_start(struct output *o, struct loop *loop, int fd);
/* Opens -o FILE and -x FILE (NULL: none; tap.h). Returns 0, or the exit status, having told why. */
int output_copies(struct output *o, const char *copy, const char *dump);
/* Through whom peers' bytes are shown from now on; NULL: nobody any more. */
void output_show_by(struct output *o, struct output_view *view);
/* Closes the copies and forgets what was not written. Returns `status`. Also when it was never
 * started ({0}). */
int output_stop(struct output *o);

/* Bytes that `from` sent: to stdout, the copy and the dump. n = 0: there come no more. With `from`
 * NULL they are words of ours, for stdout alone. */
void output_put(struct output *o, struct output_origin *from, const char *bytes, size_t n);

/* True when somebody else (narration, what is typed) has ended the line that was written last. */
bool output_line_ended(const struct output *o);

/* True when a screen shows what goes to stdout: it is a terminal. */
static inline bool output_draws(const struct output *o) { return o->view != NULL; }
/* The same, out of a socket, as sink_pull does; pages are moved where nobody looks at the bytes.
 * Only while the output is not full. */
enum sink_result output_pull(struct output *o, struct output_origin *from, int fd, size_t *moved);
/* True when output_pull moves pages. */
bool output_moves(const struct output *o);
/* `text` goes out now, or at the end of this turn, and is empty then. */
void output_flush(struct output *o);
void output_flush_later(struct output *o);
/* What a screen draws: written as it is. */
void output_draw(struct output *o, const char *bytes, size_t n);

/* For the copies alone: bytes for -o; bytes received or sent, for -x. */
void output_copy(struct output *o, const char *bytes, size_t n);
void output_received(struct output *o, struct tap_place *place, const char *bytes, size_t n);
void output_sent(struct output *o, struct tap_place *place, const char *bytes, size_t n);

/* True when there are any. */
static inline bool output_copying(const struct output *o) { return tap_active(&o->tap); }

/* stdout's reader shall see the end now: closes it, once it is not full. A terminal stays open:
 * something may still be drawn. */
void output_close(struct output *o);

/* Runs the loop until stdout has taken all, or failed, or somebody else stops the loop. True: there
 * is nothing more to wait for. */
bool output_drain(struct output *o);

/* The policy itself: a write to stdout failed with this errno. Tells it, and returns the exit
 * status. */
int output_failure(int error);

#endif
