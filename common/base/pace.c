#include "common/base/pace.h"

#define NS ((uint64_t)1000000000)
#define SAVED ((int64_t)50000000) /* ns */
#define PORTIONS 100              /* a second */

/* ns in which n bytes are due, rounded up. */
static int64_t time_for(const struct pace *p, uint64_t n) {
    return (int64_t)((n * NS + p->rate - 1) / p->rate);
}

static uint64_t portion(const struct pace *p) {
    return p->rate < PORTIONS ? 1 : p->rate / PORTIONS;
}

/* From when on bytes are due: the time before counts no more. */
static int64_t due_since(const struct pace *p, int64_t now) {
    int64_t most = SAVED + time_for(p, 1);
    return now - p->paid > most ? now - most : p->paid;
}

void pace_start(struct pace *p, uint64_t rate, int64_t now) {
    *p = (struct pace){.rate = rate, .paid = now};
}

size_t pace_room(const struct pace *p, int64_t now) {
    int64_t since = due_since(p, now);
    uint64_t due = since < now ? (uint64_t)(now - since) * p->rate / NS : 0;
    return due < portion(p) ? 0 : (size_t)due;
}

int64_t pace_wait(const struct pace *p, int64_t now) {
    int64_t left = due_since(p, now) + time_for(p, portion(p)) - now;
    return left > 0 ? left : 0;
}

void pace_spend(struct pace *p, int64_t now, size_t n) {
    p->paid = due_since(p, now) + time_for(p, n);
}
