#include "applets/chat/talker.h"

#include "common/base/mem.h"

static struct talker *of_stream(struct stream *s) { return container_of(s, struct talker, stream); }

/* What a peer has said that never sent a newline is a message. */
static void end_bare(struct talker *t) {
    const char *text;
    size_t size;
    enum line_kind kind = line_quiet(&t->framing, &text, &size);
    if (kind != LINE_NONE) t->heard(t, kind, text, size);
}

static void silence_over(struct timer *timer) {
    end_bare(container_of(timer, struct talker, silence));
}

static void on_data(struct stream *s, const char *bytes, size_t n) {
    struct talker *t = of_stream(s);
    const char *text;
    size_t size;
    for (enum line_kind kind;
         (kind = line_next(&t->framing, &bytes, &n, &text, &size)) != LINE_NONE;)
        t->heard(t, kind, text, size);
    if (line_waiting(&t->framing) && s->watch.loop)
        timer_start(s->loop, &t->silence, LINE_SILENCE, silence_over);
    else
        timer_stop(&t->silence);
}

static void on_end(struct stream *s) {
    struct talker *t = of_stream(s);
    const char *text;
    size_t size;
    timer_stop(&t->silence);
    enum line_kind kind = line_end(&t->framing, &text, &size);
    if (kind != LINE_NONE) t->heard(t, kind, text, size);
    t->ended(t);
}

static void on_space(struct stream *s) { of_stream(s)->space(of_stream(s)); }

static void on_fail(struct stream *s, int error) {
    struct talker *t = of_stream(s);
    timer_stop(&t->silence);
    end_bare(t);
    t->failed(t, error);
}

static void idle_over(struct timer *timer) {
    struct talker *t = container_of(timer, struct talker, idling);
    if (!timer_put_off(timer, t->stream.active, t->idle)) t->failed(t, 0);
}

void talker_start(struct talker *t, struct loop *loop, int fd) {
    static const struct stream_ops ops = {
        .data = on_data, .end = on_end, .space = on_space, .fail = on_fail};
    line_start(&t->framing, LINE_MOST);
    stream_start(&t->stream, loop, fd, &ops);
    if (t->idle) timer_start(loop, &t->idling, t->idle, idle_over);
}

void talker_stop(struct talker *t) {
    stream_stop(&t->stream);
    timer_stop(&t->silence);
    timer_stop(&t->idling);
    line_free(&t->framing);
}
