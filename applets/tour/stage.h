/* stage: where the processes of a scene run, each an applet of this executable in a child of its
 * own, whose trace comes back line by line. */
#ifndef SOCKKIT_TOUR_STAGE_H
#define SOCKKIT_TOUR_STAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "applets/tour/event.h"
#include "common/base/buf.h"
#include "common/loop/loop.h"

#define STAGE_ACTORS 4
#define STAGE_WORDS 16 /* of a command line */

/* Runs an applet to its end, in a child: main's. argv[0] is its name. */
typedef int stage_run(int argc, char **argv);

struct stage;

struct actor {
    struct stage *stage;
    pid_t pid; /* 0: it has ended */
    int input; /* its stdin; -1: closed */
    struct watch record;
    struct buf bytes; /* a line of the record that is not whole */
};

/* {0} at the beginning, but for `run`. */
struct stage {
    stage_run *run;
    struct loop *loop;
    struct actor actors[STAGE_ACTORS]; /* the first is the server, or nobody */
    int count;
    struct events events;
    int64_t until; /* the scene is ended then (loop_clock) */
    /* Called several times a second; NULL: nobody looks. */
    void (*look)(struct stage *s);
    void *ctx; /* the looker's */
    /* private: what is waited for */
    int awaited;
    const char *call, *words;
    bool met;
};

/* Starts an applet: words end with NULL; -T and a limit are added. Actor 0 is the server. Its stdin
 * is /dev/null; or, if it is `typed` to, what stage_say says. */
void stage_enter(struct stage *s, int actor, bool typed, const char *const *words);
/* Waits until this actor's record has a line whose call begins so and whose words hold that. False:
 * it ended before, or the time of the scene is over. */
bool stage_await(struct stage *s, int actor, const char *call, const char *words);
/* Writes to its stdin; ends it. */
void stage_say(struct stage *s, int actor, const char *text);
void stage_hush(struct stage *s, int actor);
/* Waits until all have ended, those from actor `first` on; and ends whoever has not when the time
 * is over. */
void stage_finish(struct stage *s, int first);

/* Frees everything; all have ended. */
void stage_clear(struct stage *s);

/* A port of 127.0.0.1 that nobody has: this one where it is free (0: any). */
int stage_port(int wanted);

#endif
