#include "common/tty/gap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define ROOM_LEAST 64

static void enlarge(struct gap *g, size_t need) {
    size_t room = 2 * g->room;
    if (room < need) room = need + ROOM_LEAST;
    char *bytes = mem_resize(NULL, room, 1);
    memcpy(bytes, gap_before(g), g->before);
    memcpy(bytes + room - g->after, gap_after(g), g->after);
    free(g->bytes);
    g->bytes = bytes;
    g->room = room;
}

void gap_put(struct gap *g, const char *bytes, size_t n) {
    if (n > g->room - gap_size(g)) enlarge(g, gap_size(g) + n);
    if (n > 0) memcpy(g->bytes + g->before, bytes, n);
    g->before += n;
}

void gap_delete(struct gap *g, size_t place) {
    assert(place <= gap_size(g));
    if (place <= g->before)
        g->before = place;
    else
        g->after -= place - g->before;
}

void gap_move(struct gap *g, size_t place) {
    assert(place <= gap_size(g));
    if (place == g->before) return;
    size_t back = place < g->before ? g->before - place : 0;
    size_t on = place > g->before ? place - g->before : 0;
    char *behind = g->bytes + g->room - g->after;
    if (back > 0) memmove(behind - back, g->bytes + place, back);
    if (on > 0) memmove(g->bytes + g->before, behind, on);
    g->before = g->before + on - back;
    g->after = g->after + back - on;
}

const char *gap_text(struct gap *g) {
    gap_move(g, gap_size(g));
    return gap_before(g);
}

void gap_clear(struct gap *g) { g->before = g->after = 0; }

void gap_free(struct gap *g) {
    free(g->bytes);
    *g = (struct gap){.bytes = NULL};
}
