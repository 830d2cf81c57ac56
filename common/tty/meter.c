#include "common/tty/meter.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"

#define DRAW_EVERY (200 * TEXT_NS_PER_MS)
#define LINE_EVERY (3 * TEXT_NS_PER_S)
#define LONGEST 1e18            /* ns: thirty years */
#define RATE_OVER TEXT_NS_PER_S /* a rate that changes faster cannot be read */

uint64_t meter_input(int fd) {
    struct stat st;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || at < 0 || at >= st.st_size) return 0;
    return (uint64_t)(st.st_size - at);
}

/* --- what is said --- */

/* By the pace so far: what is left changes little. */
static int64_t time_left(const struct meter *m, uint64_t read, int64_t elapsed) {
    double left = (double)(m->total - read) / (double)read * (double)elapsed;
    return left < LONGEST ? (int64_t)left : (int64_t)LONGEST;
}

void meter_text(const struct meter *m, const struct meter_count *now, int64_t elapsed,
                struct buf *out) {
    char sent[TEXT_SHORT], received[TEXT_SHORT], rates[2][TEXT_SHORT], left[TEXT_SHORT];
    buf_format(out, tr("sent %s, %s/s; received %s, %s/s"), text_bytes(now->sent, sent),
               text_bytes((uint64_t)m->sent_rate, rates[0]), text_bytes(now->received, received),
               text_bytes((uint64_t)m->received_rate, rates[1]));
    if (now->read > 0 && now->read < m->total)
        buf_format(out, tr("; %s left"), text_duration(time_left(m, now->read, elapsed), left));
}

static void measure(struct meter *m, const struct meter_count *now) {
    int64_t time = loop_now(m->loop), took = time - m->since;
    if (took <= 0 || (took < RATE_OVER && m->since != m->begin)) return;
    m->sent_rate = (double)(now->sent - m->base.sent) * (double)TEXT_NS_PER_S / (double)took;
    m->received_rate =
        (double)(now->received - m->base.received) * (double)TEXT_NS_PER_S / (double)took;
    if (took < RATE_OVER) return;
    m->base = *now;
    m->since = time;
}

static void tell(struct timer *t) {
    struct meter *m = container_of(t, struct meter, timer);
    struct meter_count now = m->count(m);
    struct buf text = {.size = 0};
    measure(m, &now);
    if (!now.read) m->flowing = loop_now(m->loop);
    meter_text(m, &now, loop_now(m->loop) - m->flowing, &text);
    if (m->screen)
        screen_status(m->screen, buf_at(&text), text.size);
    else
        msg_note(0, "%.*s", (int)text.size, buf_at(&text));
    buf_free(&text);
    timer_start(m->loop, t, m->screen ? DRAW_EVERY : LINE_EVERY, tell);
}

static void tell_total(struct meter *m) {
    struct meter_count now = m->count(m);
    char took[TEXT_SHORT];
    msg_note(0, "sent %llu bytes, received %llu bytes, %s", (unsigned long long)now.sent,
             (unsigned long long)now.received, text_duration(loop_now(m->loop) - m->begin, took));
}

/* --- where --- */

static void choose_screen(struct meter *m, struct screen *screen) {
    if (msg_level() < 0 || !msg_draws(STDERR_FILENO)) return;
    if (screen->sink && screen_same(STDERR_FILENO, screen->sink->fd)) {
        m->screen = screen;
        return;
    }
    screen_open(&m->own, m->loop, STDERR_FILENO);
    m->screen = &m->own;
}

void meter_start(struct meter *m, struct loop *loop, struct screen *screen, uint64_t total,
                 struct meter_count (*count)(struct meter *m)) {
    *m = (struct meter){.loop = loop, .total = total, .count = count, .begin = loop_now(loop)};
    m->since = m->flowing = m->begin;
    choose_screen(m, screen);
    timer_start(loop, &m->timer, m->screen ? DRAW_EVERY : LINE_EVERY, tell);
}

void meter_stop(struct meter *m) {
    if (!m->loop) return;
    timer_stop(&m->timer);
    if (m->screen) screen_status(m->screen, "", 0);
    tell_total(m);
    screen_stop(&m->own);
    m->loop = NULL;
}
