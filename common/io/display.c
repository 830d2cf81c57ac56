#include "common/io/display.h"

#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"

static void ready(struct watch *w, unsigned events) {
    struct display *d = container_of(w, struct display, watch);
    (void)events;
    enum sink_result result = sink_flush(&d->out);
    if (result == SINK_FULL) return;
    watch_want(w, 0);
    if (result == SINK_FAILED)
        d->failed(d, d->out.error);
    else
        display_show(d);
}

void display_start(struct display *d, struct loop *loop, const struct fanout *log,
                   void (*failed)(struct display *d, int error)) {
    *d = (struct display){.log = log, .failed = failed};
    sink_start(&d->out, STDOUT_FILENO);
    watch_start(loop, &d->watch, STDOUT_FILENO, 0, ready);
}

void display_show(struct display *d) {
    struct iovec pieces[2];
    enum sink_result result = SINK_MOVED;
    if (d->watch.want) return; /* it is waited for */
    if (d->position < fanout_oldest(d->log)) {
        d->position = fanout_oldest(d->log);
        msg_note(0, "stdout is slow: lines are missing there");
    }
    int count = fanout_pieces(d->log, d->position, d->log->size, pieces);
    for (int i = 0; i < count && result != SINK_FAILED; i++)
        result = sink_put(&d->out, pieces[i].iov_base, pieces[i].iov_len);
    d->position = d->log->end;
    if (result == SINK_FULL) watch_want(&d->watch, LOOP_WRITE);
    if (result == SINK_FAILED) d->failed(d, d->out.error);
}

void display_free(struct display *d) {
    watch_stop(&d->watch);
    sink_free(&d->out);
}
