#include "common/loop/throttle.h"

#include "common/base/mem.h"

static void due(struct timer *timer) {
    struct throttle *t = container_of(timer, struct throttle, timer);
    t->again(t);
}

void throttle_start(struct throttle *t, struct loop *loop, uint64_t rate) {
    t->loop = loop;
    pace_start(&t->pace, rate, loop_now(loop));
}

size_t throttle_room(struct throttle *t) {
    if (!t) return SIZE_MAX;
    int64_t now = loop_now(t->loop);
    size_t room = pace_room(&t->pace, now);
    if (room == 0 && !timer_running(&t->timer))
        timer_start(t->loop, &t->timer, pace_wait(&t->pace, now), due);
    return room;
}

size_t throttle_most(struct throttle *t, size_t most) {
    size_t room = throttle_room(t);
    return room < most ? room : most;
}

void throttle_spend(struct throttle *t, size_t n) {
    if (t) pace_spend(&t->pace, loop_now(t->loop), n);
}

void throttle_stop(struct throttle *t) { timer_stop(&t->timer); }
