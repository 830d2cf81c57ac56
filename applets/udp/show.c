#include "applets/udp/show.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"

const struct opt_row show_rows[] = {
    OPT("label", 0, OPT_FLAG, show_conf, label, .excludes = "no-newline",
        .help = "show each line received behind its sender's [ADDR:PORT]"),
    OPT("no-newline", 0, OPT_FLAG, show_conf, no_newline,
        .help = "show exactly the bytes received, no newline added"),
    OPT("output", 'o', OPT_STRING, show_conf, output, .metavar = "FILE", .values = "@file",
        .help = "append what is received to FILE too"),
    OPT("hex-dump", 'x', OPT_STRING, show_conf, dump, .metavar = "FILE", .values = "@file",
        .help = "write a hex dump of both directions to FILE (-: stderr)"),
    OPT("raw", 0, OPT_FLAG, show_conf, raw, .help = "let control characters through to a terminal"),
    OPT_END,
};

static void fail(struct show *s, int status) {
    if (!s->status) s->status = status;
    s->changed(s);
}

static void tap_failed(struct show *s, const struct cause *cause) {
    if (!s->status) fail(s, msg_cause(cause));
}

static void set_full(struct show *s, bool full) {
    if (s->full == full) return;
    s->full = full;
    watch_want(&s->watch, full ? LOOP_WRITE : 0);
    s->changed(s);
}

static void written(struct show *s, enum sink_result result) {
    if (result != SINK_FAILED) {
        set_full(s, result == SINK_FULL);
    } else {
        if (s->out.error != EPIPE) msg_error("cannot write to stdout: %s", strerror(s->out.error));
        fail(s, s->out.error == EPIPE ? STATUS_SIGPIPE : STATUS_FAILED);
    }
}

static void writable(struct watch *w, unsigned events) {
    struct show *s = container_of(w, struct show, watch);
    (void)events;
    written(s, sink_flush(&s->out));
}

void show_flush(struct show *s) {
    if (s->text.size == 0 || s->status) return;
    written(s, sink_give(&s->out, buf_at(&s->text), s->text.size));
    buf_clear(&s->text);
}

/* --- a datagram as text --- */

/* Every line of it behind who sent it. */
static void put_labelled(struct show *s, const struct dgram *d) {
    char peer[DGRAM_PEER];
    const char *at = d->bytes;
    dgram_peer(d, peer);
    for (size_t left = d->size, line; left > 0; left -= line, at += line) {
        const char *newline = memchr(at, '\n', left);
        line = newline ? (size_t)(newline - at) + 1 : left;
        buf_format(&s->text, "[%s] ", peer);
        buf_put(&s->text, at, line);
    }
    if (d->size == 0) buf_format(&s->text, "[%s] ", peer);
}

static bool lacks_newline(const struct show *s, const struct dgram *d) {
    return !s->conf->no_newline && (d->size == 0 || d->bytes[d->size - 1] != '\n');
}

static void put_copies(struct show *s, const struct dgram *d) {
    struct tap_place place = {0};
    struct cause cause;
    char peer[DGRAM_PEER];
    if (tap_received(&s->output, &place, NULL, d->bytes, d->size, &cause) < 0 ||
        (lacks_newline(s, d) && tap_received(&s->output, &place, NULL, "\n", 1, &cause) < 0))
        tap_failed(s, &cause);
    place = (struct tap_place){0};
    if (tap_active(&s->dump) &&
        tap_received(&s->dump, &place, dgram_peer(d, peer), d->bytes, d->size, &cause) < 0)
        tap_failed(s, &cause);
}

void show_put(struct show *s, const struct dgram *d) {
    if (s->conf->label)
        put_labelled(s, d);
    else
        buf_put(&s->text, d->bytes, d->size);
    if (lacks_newline(s, d)) buf_put(&s->text, "\n", 1);
    if (tap_active(&s->output) || tap_active(&s->dump)) put_copies(s, d);
}

void show_sent(struct show *s, const struct dgram *d) {
    struct tap_place place = {0};
    struct cause cause;
    char peer[DGRAM_PEER];
    if (tap_active(&s->dump) &&
        tap_sent(&s->dump, &place, dgram_peer(d, peer), d->bytes, d->size, &cause) < 0)
        tap_failed(s, &cause);
}

/* --- from open to close --- */

static void screen_full(struct screen *screen) {
    set_full(container_of(screen, struct show, screen), true);
}

static void start_screen(struct show *s) {
    if (!isatty(STDOUT_FILENO) || s->conf->raw) return;
    screen_start(&s->screen, &s->out, screen_full);
    screen_divert(&s->screen);
    s->out.look = screen_look;
    s->out.ctx = &s->screen;
}

int show_start(struct show *s, struct loop *loop, const struct show_conf *conf,
               void (*changed)(struct show *s)) {
    struct cause cause;
    *s = (struct show){.loop = loop, .conf = conf, .changed = changed};
    tap_open(&s->dump, NULL, NULL, &cause);
    sink_start(&s->out, STDOUT_FILENO);
    watch_start(loop, &s->watch, STDOUT_FILENO, 0, writable);
    start_screen(s);
    if (tap_open(&s->output, conf->output, NULL, &cause) < 0 ||
        tap_open(&s->dump, NULL, conf->dump, &cause) < 0)
        s->status = msg_cause(&cause);
    return s->status;
}

int show_stop(struct show *s) {
    struct cause cause;
    if ((tap_close(&s->output, &cause) < 0 || tap_close(&s->dump, &cause) < 0) && !s->status)
        s->status = msg_cause(&cause);
    screen_stop(&s->screen);
    watch_stop(&s->watch);
    sink_free(&s->out);
    buf_free(&s->text);
    return s->status;
}
