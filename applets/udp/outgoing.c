#include "applets/udp/outgoing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"

#define READ_ONCE ((size_t)262144)
#define KEYED_MOST ((size_t)65536) /* of lines that wait, before the last; keys wait then */

static bool is_quit_word(const struct outgoing *o, const struct dgram *d) {
    return !o->words && o->quit_word && d->size == strlen(o->quit_word) &&
           memcmp(d->bytes, o->quit_word, d->size) == 0;
}

size_t outgoing_take(struct outgoing *o, struct dgram *items, size_t most) {
    struct cutter *c = &o->cutter;
    size_t count = 0;
    while (count < most && !o->complete) {
        if (cutter_next(c, &items[count].bytes, &items[count].size)) {
            o->complete = is_quit_word(o, &items[count++]);
        } else if (!cutter_over(c)) {
            break;
        } else if (++o->rounds < o->repeat && c->at > 0) {
            cutter_again(c);
        } else {
            o->complete = true;
        }
    }
    return count;
}

/* --- a person's lines: one read may bring several --- */

static void take_keyed(struct outgoing *o) {
    size_t n = o->keyed.size;
    memcpy(cutter_reserve(&o->cutter, n + 1), n > 0 ? buf_at(&o->keyed) : "", n);
    cutter_grown(&o->cutter, n);
    buf_free(&o->keyed);
    o->cutter.ended = o->keyed_all;
    o->wanted = false;
    term_want(&o->term, o->waits != NULL);
    o->ready(o);
}

static void keyed_early(struct outgoing *o) {
    if (!o->waits) return;
    o->waits(o);
    term_want(&o->term, o->keyed.size < KEYED_MOST);
}

static void line_keyed(struct term *t, const char *text, size_t size) {
    struct outgoing *o = container_of(t, struct outgoing, term);
    if (t->error) {
        o->failed(o, t->error);
        return;
    }
    if (!text && t->loop) {
        o->ctrl_d(o);
        return;
    }
    o->keyed_all = !text;
    buf_put(&o->keyed, text, size);
    buf_put(&o->keyed, "\n", text ? 1 : 0);
    if (o->wanted)
        take_keyed(o);
    else
        keyed_early(o);
}

/* --- bytes --- */

static void readable(struct source *in) {
    struct outgoing *o = container_of(in, struct outgoing, in);
    ssize_t n = source_read(in->fd, in->kind, cutter_reserve(&o->cutter, READ_ONCE), READ_ONCE);
    if (n < 0 && loop_not_yet(errno)) {
        watch_stalled(&in->watch);
        return;
    }
    if (n < 0) {
        o->failed(o, errno);
        return;
    }
    o->cutter.ended = n == 0;
    cutter_grown(&o->cutter, (size_t)n);
    source_want(in, false);
    o->ready(o);
}

bool outgoing_want(struct outgoing *o) {
    if (!o->block && cutter_waiting(&o->cutter) > OUTGOING_LINE) return false;
    o->wanted = true;
    if (o->in.loop)
        source_want(&o->in, true);
    else if (o->keyed.size > 0 || o->keyed_all)
        take_keyed(o);
    else
        term_want(&o->term, true);
    return true;
}

void outgoing_start(struct outgoing *o, struct loop *loop, bool edit, struct screen *screen) {
    o->cutter = (struct cutter){
        .words = o->words, .count = o->count, .block = o->block, .keep = o->repeat > 1};
    if (o->words) return;
    o->typed = isatty(STDIN_FILENO);
    if (!edit || o->block || !term_able()) {
        source_start(&o->in, loop, STDIN_FILENO, readable);
        return;
    }
    term_start(&o->term, loop, screen, line_keyed);
    o->term.endless = o->ctrl_d != NULL;
    term_want(&o->term, o->waits != NULL);
}

void outgoing_stop(struct outgoing *o) {
    term_stop(&o->term);
    source_stop(&o->in);
    cutter_free(&o->cutter);
    buf_free(&o->keyed);
}
