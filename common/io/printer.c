#include "common/io/printer.h"

#include "common/base/mem.h"

static void check(struct printer *p, enum sink_result result) {
    if (result == SINK_FAILED) p->failed(p, p->sink.error);
}

static void ready(struct watch *w, unsigned events) {
    struct printer *p = container_of(w, struct printer, watch);
    (void)events;
    enum sink_result result = sink_flush(&p->sink);
    if (result == SINK_FULL) return;
    watch_stop(w);
    check(p, result);
    if (p->draining) loop_stop(p->loop);
}

static void flush(struct later *l) {
    struct printer *p = container_of(l, struct printer, flush);
    if (p->text.size == 0 || p->sink.error) return;
    enum sink_result result = sink_put(&p->sink, buf_at(&p->text), p->text.size);
    buf_clear(&p->text);
    if (result == SINK_FULL && !p->watch.loop)
        watch_start(p->loop, &p->watch, p->sink.fd, LOOP_WRITE, ready);
    check(p, result);
}

void printer_start(struct printer *p, struct loop *loop, int fd,
                   void (*failed)(struct printer *p, int error)) {
    *p = (struct printer){.failed = failed, .loop = loop};
    sink_start(&p->sink, fd);
}

void printer_show(struct printer *p) { later_run(p->loop, &p->flush, flush); }

bool printer_drain(struct printer *p) {
    flush(&p->flush);
    p->draining = true;
    if (p->watch.loop) loop_run(p->loop);
    p->draining = false;
    return !p->watch.loop;
}

void printer_free(struct printer *p) {
    watch_stop(&p->watch);
    sink_free(&p->sink);
    buf_free(&p->text);
}
