/* display: a fan-out log shown on stdout: one more reader of it, that slows nobody. One that lags a
 * whole ring behind misses lines, and that is told. */
#ifndef SOCKKIT_CHAT_DISPLAY_H
#define SOCKKIT_CHAT_DISPLAY_H

#include "common/base/fanout.h"
#include "common/io/output.h"
#include "common/loop/loop.h"

struct display {
    const struct fanout *log;
    uint64_t position;
    struct output out;
    void (*failed)(struct display *d); /* stdout cannot be written: out.status, told */
};

void display_start(struct display *d, struct loop *loop, const struct fanout *log,
                   void (*failed)(struct display *d));
/* The log has grown. */
void display_show(struct display *d);
void display_free(struct display *d); /* also when it was never started ({0}) */

#endif
