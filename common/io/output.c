#include "common/io/output.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"

/* --- what goes wrong --- */

int output_failure(int error) {
    if (error == EPIPE) return STATUS_SIGPIPE;
    msg_error("cannot write to stdout: %s", lang_error(error));
    return STATUS_FAILED;
}

static void tell_owner(struct output *o) {
    if (o->changed) o->changed(o->owner);
    if (o->draining) loop_stop(o->loop);
}

static void tell_failure(struct timer *t) { tell_owner(container_of(t, struct output, telling)); }

/* The owner is told later: it may be in the middle of a write, with what it would now free. */
static void fail(struct output *o, int status) {
    if (!o->status) o->status = status;
    timer_start(o->loop, &o->telling, 0, tell_failure);
}

/* The sink's error is set first: where stderr is this very terminal the words come back here. */
static void write_failed(struct output *o, int error) {
    o->sink.error = error;
    watch_stop(&o->watch);
    fail(o, output_failure(error));
}

static void copy_failed(struct output *o, const struct cause *cause) {
    if (!o->status) fail(o, msg_cause(cause));
}

/* --- what stdout takes --- */

/* A pipe or socket whose reader has gone hangs up. */
static unsigned wanted(const struct output *o) {
    bool has_reader = o->sink.kind == SOURCE_PIPE || o->sink.kind == SOURCE_SOCKET;
    return (has_reader ? LOOP_HANGUP : 0u) | (o->full ? LOOP_WRITE : 0u);
}

static void wrote(struct output *o, enum sink_result result) {
    bool full = result == SINK_FULL || sink_waiting(&o->sink) > 0;
    if (result == SINK_FAILED) write_failed(o, o->sink.error);
    if (o->sink.error || o->full == full) return;
    o->full = full;
    watch_want(&o->watch, wanted(o));
    tell_owner(o);
}

static void ready(struct watch *w, unsigned events) {
    struct output *o = container_of(w, struct output, watch);
    uint64_t before = o->sink.taken;
    if (events & LOOP_WRITE)
        wrote(o, sink_flush(&o->sink));
    else
        write_failed(o, EPIPE);
    if (o->sink.taken == before) watch_stalled(w);
}

void output_put(struct output *o, struct output_origin *from, const char *bytes, size_t n) {
    if (o->sink.error) return;
    o->from = from;
    wrote(o, sink_give(&o->sink, bytes, n));
}

void output_draw(struct output *o, const char *bytes, size_t n) {
    if (!o->sink.error) wrote(o, sink_put(&o->sink, bytes, n));
}

enum sink_result output_pull(struct output *o, struct output_origin *from, int fd, size_t *moved) {
    *moved = 0;
    if (o->status) return SINK_FAILED;
    o->from = from;
    enum sink_result result = sink_pull(&o->sink, fd, SOURCE_SOCKET, moved);
    int error = errno; /* of the socket, for the caller */
    wrote(o, result);
    errno = error;
    return result;
}

bool output_moves(const struct output *o) { return sink_moves(&o->sink); }

void output_flush(struct output *o) {
    if (o->text.size > 0) output_put(o, NULL, buf_at(&o->text), o->text.size);
    buf_clear(&o->text);
}

static void turn_over(struct later *l) { output_flush(container_of(l, struct output, flushing)); }

void output_flush_later(struct output *o) { later_run(o->loop, &o->flushing, turn_over); }

/* --- copies --- */

void output_copy(struct output *o, const char *bytes, size_t n) {
    struct cause cause = {0};
    if (tap_copy(&o->tap, bytes, n, &cause) < 0) copy_failed(o, &cause);
}

void output_received(struct output *o, struct tap_place *place, const char *bytes, size_t n) {
    struct cause cause = {0};
    if (tap_received(&o->tap, place, bytes, n, &cause) < 0) copy_failed(o, &cause);
}

void output_sent(struct output *o, struct tap_place *place, const char *bytes, size_t n) {
    struct cause cause = {0};
    if (tap_sent(&o->tap, place, bytes, n, &cause) < 0) copy_failed(o, &cause);
}

/* --- from open to close --- */

static void look(void *ctx, const char **bytes, size_t *n, bool *end) {
    struct output *o = ctx;
    (void)end;
    if (o->from) {
        output_copy(o, *bytes, *n);
        output_received(o, &o->from->place, *bytes, *n);
    }
    if (o->view) o->view->show(o->view, o->from ? &o->from->cut : NULL, bytes, n);
    if (o->shared && *n > 0) msg_line_open((*bytes)[*n - 1] != '\n');
}

static void look_on(struct output *o) {
    o->sink.look = o->view || o->shared || output_copying(o) ? look : NULL;
    o->sink.ctx = o;
}

/* A terminal may have a screen, which keeps the two apart. */
static bool shares_stderr(int fd) {
    struct stat out, err;
    return fstat(fd, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev &&
           out.st_ino == err.st_ino && !S_ISCHR(out.st_mode);
}

bool output_line_ended(const struct output *o) {
    return o->view ? !o->view->line_open(o->view) : o->shared && !msg_line_is_open();
}

void output_start(struct output *o, struct loop *loop, int fd) {
    *o = (struct output){.loop = loop, .tap = TAP_NONE, .shared = shares_stderr(fd)};
    sink_start(&o->sink, fd);
    look_on(o);
    if (fd >= 0) watch_start(loop, &o->watch, fd, wanted(o), ready);
}

int output_copies(struct output *o, const char *copy, const char *dump) {
    struct cause cause = {0};
    if (tap_open(&o->tap, copy, dump, &cause) < 0) o->status = msg_cause(&cause);
    look_on(o);
    return o->status;
}

void output_show_by(struct output *o, struct output_view *view) {
    o->view = view;
    look_on(o);
}

void output_close(struct output *o) {
    int fd = o->sink.fd;
    if (o->view || o->sink.error || fd < 0) return;
    watch_stop(&o->watch);
    o->sink.fd = -1;
    if (close(fd) < 0) write_failed(o, errno);
}

bool output_drain(struct output *o) {
    output_flush(o);
    o->draining = true;
    if (o->full && !o->status) loop_run(o->loop);
    o->draining = false;
    return !o->full || o->status;
}

int output_stop(struct output *o) {
    struct cause cause = {0};
    if (!o->loop) return o->status;
    if (tap_close(&o->tap, &cause) < 0 && !o->status) o->status = msg_cause(&cause);
    watch_stop(&o->watch);
    timer_stop(&o->telling);
    sink_free(&o->sink);
    buf_free(&o->text);
    return o->status;
}
