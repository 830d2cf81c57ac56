#include "applets/probe/item.h"

#include <stdio.h>

#include "common/base/lang.h"

struct host *item_route(const struct item *i) {
    const struct target *t = item_target(i);
    return t->via ? t->via : t->host;
}

struct addr item_address(const struct item *i, uint16_t port) {
    struct addr a;
    range_at(&item_target(i)->range, i->place, port, &a);
    return a;
}

const char *item_host(const struct item *i, char room[ADDR_TEXT]) {
    const struct target *t = item_target(i);
    struct addr a;
    if (t->host) return host_word(&t->host->name);
    if (t->written) return t->written;
    a = item_address(i, 0);
    return addr_host_text(&a, room);
}

const char *item_name(const struct item *i, char out[NET_NAME_TEXT]) {
    const struct target *t = item_target(i);
    char room[ADDR_TEXT];
    struct net_name name = {.port = i->port};
    if (t->host) name.path = t->host->name.path;
    if (!name.path) name.host = item_host(i, room);
    return net_name_text(&name, out);
}

const char *goal_name(const struct goal *g, char out[GOAL_NAME]) {
    const struct target *t = g->target;
    const struct port_range *ports = &t->ports.items[g - t->goals];
    struct goal *of = &t->goals[g - t->goals];
    uint32_t place = t->host ? 0 : (uint32_t)(t->range.count - 1);
    struct item first = {.goal = of, .port = ports->first};
    struct item last = {.goal = of, .port = ports->last, .place = place};
    char from[NET_NAME_TEXT], to[NET_NAME_TEXT];
    item_name(&first, from);
    snprintf(out, GOAL_NAME, tr(g->single ? "%s" : "%s to %s"), from, item_name(&last, to));
    return out;
}

const struct addr *item_addresses(const struct item *i, struct addr *room, size_t *count) {
    const struct host *h = item_route(i);
    *count = h ? h->addrs.count : 1;
    if (h) return h->addrs.items;
    *room = item_address(i, 0);
    return room;
}
