#include "applets/probe/exclude.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

const char *exclude_parse(void *field, const char *value) {
    struct exclude_words *words = field;
    words->items = mem_resize(words->items, words->count + 1, sizeof *words->items);
    words->items[words->count++] = value;
    return NULL;
}

int exclude_add(struct exclude *x, const struct target_terms *terms, const char *word,
                struct cause *cause) {
    struct cause wrong = {0};
    struct target *t = target_parse(terms, word, NULL, &wrong);
    if (!t) return cause_set(cause, wrong.status, "--exclude: %.400s", wrong.text);
    x->items = mem_resize(x->items, x->count + 1, sizeof *x->items);
    x->items[x->count++] = t;
    return 0;
}

void exclude_free(struct exclude *x, struct host_table *hosts) {
    for (size_t n = 0; n < x->count; n++) target_release(x->items[n], hosts);
    free(x->items);
    *x = (struct exclude){0};
}

static bool has_port(const struct target *t, uint16_t port) {
    for (size_t n = 0; n < t->ports.count; n++)
        if (port >= t->ports.items[n].first && port <= t->ports.items[n].last) return true;
    return t->ports.count == 0;
}

/* The same name, be it left out. */
static bool same_host(const struct host *a, const struct host *b) {
    return a && !a->name.path == !b->name.path && !strcmp(host_word(&a->name), host_word(&b->name));
}

static bool has_host(const struct exclude *x, const struct host *h, uint16_t port) {
    for (size_t n = 0; n < x->count; n++)
        if (same_host(x->items[n]->host, h) && has_port(x->items[n], port)) return true;
    return false;
}

bool exclude_has_address(const struct exclude *x, const struct addr *a) {
    for (size_t n = 0; n < x->count; n++)
        if (!x->items[n]->host && range_has(&x->items[n]->range, a) &&
            has_port(x->items[n], addr_port(a)))
            return true;
    return false;
}

bool exclude_has_item(const struct exclude *x, const struct item *i) {
    struct addr a;
    if (x->count == 0) return false;
    if (item_target(i)->host) return has_host(x, item_target(i)->host, i->port);
    a = item_address(i, i->port);
    return exclude_has_address(x, &a);
}
