#include "applets/chat/guest.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct guest *guest_of(struct roster_entry *called) {
    return called ? container_of(called, struct guest, called) : NULL;
}

struct guest *guest_new(const struct seat *seat) {
    struct guest *g = mem_new(sizeof *g);
    g->seat = *seat;
    return g;
}

void guest_free(struct guest *g) {
    if (g->before) {
        *g->before = g->next;
        if (g->next) g->next->before = g->before;
    }
    free(g->name);
    free(g);
}

bool guest_sits(const struct guest *g, const struct seat *seat) {
    return g->seat.member == seat->member && !strcmp(g->seat.server, seat->server);
}

struct guest *guest_find(const struct roster *r, const char *name, const struct seat *seat) {
    struct guest *g = *name ? guest_of(roster_find(r, name, strlen(name))) : NULL;
    return g && guest_sits(g, seat) ? g : NULL;
}
