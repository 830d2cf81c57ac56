#include "applets/probe/host.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

const char *host_word(const struct net_name *name) {
    return name->path ? name->path : name->host ? name->host : "localhost";
}

/* FNV-1a. */
static size_t bucket_of(const char *word) {
    uint32_t hash = UINT32_C(2166136261);
    for (; *word; word++) hash = (hash ^ (unsigned char)*word) * UINT32_C(16777619);
    return hash % HOST_BUCKETS;
}

static bool same_text(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static bool same_name(const struct net_name *a, const struct net_name *b) {
    return same_text(a->host, b->host) && same_text(a->path, b->path);
}

struct host *host_of(struct host_table *table, const struct net_name *name) {
    struct host **bucket = &table->buckets[bucket_of(host_word(name))], *h = *bucket;
    while (h && !same_name(&h->name, name)) h = h->alike;
    if (!h) {
        h = mem_new(sizeof *h);
        h->name = *name;
        h->name.host = name->host ? mem_copy(name->host) : NULL;
        h->name.path = name->path ? mem_copy(name->path) : NULL;
        h->items_end = &h->items;
        h->alike = *bucket;
        *bucket = h;
    }
    h->users++;
    return h;
}

void host_release(struct host_table *table, struct host *h) {
    struct host **at = &table->buckets[bucket_of(host_word(&h->name))];
    if (--h->users > 0) return;
    while (*at != h) at = &(*at)->alike;
    *at = h->alike;
    host_clear(h);
    free(h->narrated);
    free((char *)(uintptr_t)h->name.host);
    free((char *)(uintptr_t)h->name.path);
    free(h);
}

void host_clear(struct host *h) {
    addrs_free(&h->addrs);
    free(h->why);
    h->why = NULL;
}
