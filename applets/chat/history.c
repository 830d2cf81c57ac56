#include "applets/chat/history.h"

#include <stdlib.h>

#include "common/base/mem.h"

void history_start(struct history *h, uint64_t keep) {
    *h = (struct history){.keep = keep};
    if (keep) h->last = mem_new((size_t)keep * sizeof *h->last);
}

void history_free(struct history *h) {
    for (uint64_t i = 0; h->last && i < h->keep; i++) buf_free(&h->last[i]);
    free(h->last);
    *h = (struct history){0};
}

void history_keep(struct history *h, const char *line, size_t size) {
    if (h->keep == 0) return;
    struct buf *place = &h->last[h->said++ % h->keep];
    buf_clear(place);
    buf_put(place, line, size);
}

const struct buf *history_line(const struct history *h, uint64_t i) {
    uint64_t first = h->said > h->keep ? h->said - h->keep : 0;
    return first + i < h->said ? &h->last[(first + i) % h->keep] : NULL;
}
