#include "common/io/pacer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/io/rest.h"

#define READ_ONCE ((size_t)65536)
#define SILENCE (100 * TEXT_NS_PER_MS) /* after which an answer is complete */

/* Bytes of the line that is next; 0: it has not all come yet, or there is none. */
static size_t ready(const struct pacer *p) {
    if (p->next) return p->held.size;
    const char *bytes = buf_at(&p->held), *newline = memchr(bytes, '\n', p->held.size);
    if (newline) return (size_t)(newline - bytes) + 1;
    return p->ended || p->held.size >= PACER_LINE ? p->held.size : 0;
}

static void update(struct pacer *p);

static void unanswered(struct timer *t) {
    struct pacer *p = container_of(t, struct pacer, limit);
    p->unanswered(p);
}

static void pause_over(struct timer *t) { update(container_of(t, struct pacer, pause)); }

static void silence_over(struct timer *t) {
    struct pacer *p = container_of(t, struct pacer, silence);
    p->asked = false;
    update(p);
}

static void fetch(struct pacer *p) {
    while (p->next && !p->ended && p->held.size == 0) p->ended = !p->next(p, &p->held);
}

static void send_next(struct pacer *p, size_t n) {
    struct buf line = {.size = 0};
    buf_put(&line, buf_at(&p->held), n);
    buf_drop(&p->held, n);
    p->asked = p->answers;
    if (p->delay) timer_start(p->loop, &p->pause, p->delay, pause_over);
    p->go(p, buf_at(&line), n);
    buf_free(&line);
}

/* Its own turn of the loop: the owner may be in the middle of something when it says what it wants.
 */
static void take_turn(struct timer *t) {
    struct pacer *p = container_of(t, struct pacer, turn);
    size_t n = ready(p);
    if (n > 0) {
        send_next(p, n);
    } else {
        pacer_stop(p);
        p->go(p, "", 0);
    }
    if (p->loop) update(p);
}

static void update(struct pacer *p) {
    fetch(p);
    size_t n = ready(p);
    bool waits = p->asked || timer_running(&p->pause);
    bool over = n == 0 && p->ended;
    if (p->in.loop) source_want(&p->in, n == 0 && !p->ended);
    if (p->wanted && (over || (n > 0 && !waits))) {
        timer_stop(&p->limit);
        if (!timer_running(&p->turn)) timer_start(p->loop, &p->turn, 0, take_turn);
    }
    bool unheard = p->asked && n > 0 && !timer_running(&p->silence);
    if (unheard && !timer_running(&p->limit))
        timer_start(p->loop, &p->limit, p->patience, unanswered);
}

static void readable(struct source *in) {
    struct pacer *p = container_of(in, struct pacer, in);
    ssize_t n = source_read(in->fd, in->kind, buf_reserve(&p->held, READ_ONCE), READ_ONCE);
    if (n < 0 && loop_not_yet(errno)) {
        watch_stalled(&in->watch);
        return;
    }
    if (n < 0) {
        p->failed(p, errno);
        return;
    }
    buf_grown(&p->held, (size_t)n);
    p->ended = n == 0;
    update(p);
}

void pacer_start(struct pacer *p, struct loop *loop) {
    p->loop = loop;
    if (!p->next) source_start(&p->in, loop, STDIN_FILENO, readable);
}

void pacer_want(struct pacer *p, bool on, uint64_t received) {
    if (!p->loop) return;
    if (received != p->received && p->asked) {
        timer_stop(&p->limit);
        timer_start(p->loop, &p->silence, SILENCE, silence_over);
    }
    p->received = received;
    p->wanted = on;
    if (!on) timer_stop(&p->turn);
    update(p);
}

void pacer_stop(struct pacer *p) {
    struct timer *timers[] = {&p->pause, &p->silence, &p->limit, &p->turn};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) timer_stop(timers[i]);
    source_stop(&p->in);
    p->loop = NULL;
}

uint64_t pacer_unsent(struct pacer *p) {
    uint64_t n = 0;
    if (!p->next) return p->held.size + rest_unread(STDIN_FILENO);
    do {
        n += p->held.size;
        buf_clear(&p->held);
    } while (!p->ended && p->next(p, &p->held));
    return n;
}

void pacer_free(struct pacer *p) {
    pacer_stop(p);
    buf_free(&p->held);
}
