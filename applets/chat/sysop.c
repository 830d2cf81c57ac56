#include "applets/chat/sysop.h"

#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/io/source.h"

#define PIECES 4

static struct sysop *of_member(struct member *m) { return container_of(m, struct sysop, member); }

static struct sysop *of_front(struct frontend *f) { return container_of(f, struct sysop, front); }

/* --- stdout --- */

/* The first line of what there is to hear, its newline included, as far as the pieces hold it; it
 * may lie in two of them. */
static size_t gather_line(const struct member *m, struct buf *line) {
    struct iovec pieces[PIECES];
    size_t all;
    int count = subscriber_gather(&m->reader, pieces, PIECES, &all);
    for (int i = 0; i < count; i++) {
        const char *newline = memchr(pieces[i].iov_base, '\n', pieces[i].iov_len);
        size_t n = newline ? (size_t)(newline - (char *)pieces[i].iov_base) + 1 : pieces[i].iov_len;
        buf_put(line, pieces[i].iov_base, n);
        if (newline) break;
    }
    return line->size;
}

/* In colour, and harmless. */
static void show_line(struct sysop *o) {
    struct buf line = {0};
    size_t size = gather_line(&o->member, &line);
    frontend_show(&o->front, buf_at(&line), size - 1);
    service_took(&o->member, size);
    buf_free(&line);
}

/* As it is, in few writes; or nothing of it. */
static void show_all(struct sysop *o) {
    struct iovec pieces[PIECES];
    size_t all;
    int count = subscriber_gather(&o->member.reader, pieces, PIECES, &all);
    for (int i = 0; i < count && !o->conf.mute; i++)
        output_put(&o->front.console.out, NULL, pieces[i].iov_base, pieces[i].iov_len);
    service_took(&o->member, all);
}

static void want_lines(struct sysop *o) {
    struct member *m = &o->member;
    console_want(&o->front.console, service_has(m) && !service_waits(m));
}

static void resume(struct member *m) { want_lines(of_member(m)); }

static void deliver(struct member *m) {
    struct sysop *o = of_member(m);
    while (subscriber_lacks(&m->reader) && !o->front.console.out.full) {
        if (o->front.console.on_terminal)
            show_line(o);
        else
            show_all(o);
    }
    want_lines(o);
}

static void missed(struct member *m) {
    (void)m;
    msg_note(0, "stdout is slow: lines are missing there");
}

static void on_drained(struct frontend *f) {
    if (of_front(f)->member.service) deliver(&of_front(f)->member);
}

static void on_failed(struct frontend *f) { of_front(f)->failed(of_front(f)); }

/* --- stdin --- */

static void on_line(struct frontend *f, const char *text, size_t size) {
    struct sysop *o = of_front(f);
    if (text)
        service_hear(&o->member, text, size);
    else
        service_leave(&o->member);
    if (o->member.guest) want_lines(o);
}

/* --- the whole --- */

void sysop_start(struct sysop *o, struct service *service, const char *name) {
    static const struct member_ops ops = {.deliver = deliver, .missed = missed, .resume = resume};
    bool host = !source_is_null(STDIN_FILENO);
    o->conf = (struct frontend_conf){.mute = msg_level() < 0, .quit_word = ""};
    frontend_start(&o->front, service->loop, &o->conf, on_line);
    o->front.drained = on_drained;
    o->front.failed = on_failed;
    if (host || !o->conf.mute) service_listen(service, &o->member, &ops);
    if (host) service_admit(&o->member, name);
    console_want(&o->front.console, host);
}

int sysop_stop(struct sysop *o, const struct call *call) {
    service_gone(&o->member);
    return frontend_stop(&o->front, call);
}
