#include "common/io/sink.h"

enum sink_result mover_pull(struct mover *m, struct mover_end from, struct mover_end to,
                            size_t *moved, size_t *taken) {
    (void)m, (void)from, (void)to, (void)moved, (void)taken;
    return SINK_DECLINED;
}

enum sink_result mover_flush(struct mover *m, int to, size_t *taken) {
    (void)m, (void)to, (void)taken;
    return SINK_DECLINED;
}

void mover_take_back(struct mover *m, struct buf *held) { (void)m, (void)held; }

void mover_rest(struct mover *m) { (void)m; }

void mover_leave(void) {}

void mover_free(struct mover *m) { (void)m; }
