#include "applets/chat/frontend.h"

#include <unistd.h>

#include "applets/chat/room.h"
#include "applets/chat/tint.h"
#include "common/base/mem.h"
#include "common/base/msg.h"

#define WAITING_MOST ((size_t)65536) /* bytes not sent yet: beyond them no further line is read */

static struct frontend *of_console(struct console *c) {
    return container_of(c, struct frontend, console);
}

void frontend_end(struct frontend *f, int status) {
    if (!f->status) f->status = status;
    loop_stop(f->loop);
}

void frontend_update(struct frontend *f) {
    if (!f->wire || !f->wire->watch.loop) return;
    stream_read(f->wire, !f->console.out.full);
    bool full = stream_waiting(f->wire) > WAITING_MOST;
    console_want(&f->console, !full && !f->rests);
    stream_ask_space(f->wire, full);
}

void frontend_show(struct frontend *f, const char *text, size_t size) {
    struct buf line = {0}, clean = {0};
    char now[MSG_TIME];
    if (f->console.typed) contacts_hear(&f->contacts, text, size);
    buf_format(&line, "%s", msg_time(now));
    if (f->console.on_terminal && !f->conf->output.raw) { /* the room may be anybody's program */
        room_clean(&clean, text, size);
        text = buf_at(&clean);
        size = clean.size;
    }
    if (f->coloured)
        tint_line(&line, text, size);
    else
        buf_put(&line, text, size);
    console_show(&f->console, buf_at(&line), line.size);
    buf_free(&line);
    buf_free(&clean);
}

static void on_line(struct console *c, const char *text, size_t size) {
    of_console(c)->line(of_console(c), text, size);
}

static void on_tab(struct console *c, const char *text, size_t size) {
    struct buf rest = {0};
    contacts_complete(&of_console(c)->contacts, text, size, &rest);
    console_insert(c, buf_at(&rest), rest.size);
    buf_free(&rest);
}

static void on_drained(struct console *c) {
    struct frontend *f = of_console(c);
    frontend_update(f);
    if (f->drained) f->drained(f);
}

static void on_failed(struct console *c) {
    struct frontend *f = of_console(c);
    frontend_end(f, c->out.status);
    if (f->failed) f->failed(f);
}

void frontend_start(struct frontend *f, struct loop *loop, const struct frontend_conf *conf,
                    void (*line)(struct frontend *f, const char *text, size_t size)) {
    *f = (struct frontend){
        .console = {.line = on_line,
                    .complete = on_tab,
                    .drained = on_drained,
                    .failed = on_failed,
                    .mute = conf->mute},
        .loop = loop,
        .conf = conf,
        .line = line,
        .coloured = msg_colours(STDOUT_FILENO),
    };
    console_start(&f->console, loop);
}

int frontend_stop(struct frontend *f, const struct call *call) {
    if (!f->status) call_drain(call, &f->console.out);
    if (!f->status) f->status = f->console.out.status;
    console_stop(&f->console);
    contacts_free(&f->contacts);
    bool lost = f->console.skipped > 0 || f->console.broken;
    return f->status ? f->status : lost ? STATUS_FAILED : STATUS_OK;
}
