#include "applets/chat/display.h"

#include <unistd.h>

#include "common/base/msg.h"

static void changed(void *owner) {
    struct display *d = owner;
    if (d->out.status)
        d->failed(d);
    else
        display_show(d);
}

void display_start(struct display *d, struct loop *loop, const struct fanout *log,
                   void (*failed)(struct display *d)) {
    *d = (struct display){.log = log, .failed = failed};
    output_start(&d->out, loop, STDOUT_FILENO);
    d->out.changed = changed;
    d->out.owner = d;
}

void display_show(struct display *d) {
    struct iovec pieces[2];
    if (d->out.full) return;
    if (d->position < fanout_oldest(d->log)) {
        d->position = fanout_oldest(d->log);
        msg_note(0, "stdout is slow: lines are missing there");
    }
    int count = fanout_pieces(d->log, d->position, d->log->size, pieces);
    d->position = d->log->end;
    for (int i = 0; i < count; i++)
        output_put(&d->out, NULL, pieces[i].iov_base, pieces[i].iov_len);
}

void display_free(struct display *d) { output_stop(&d->out); }
