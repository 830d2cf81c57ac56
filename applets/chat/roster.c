#include "applets/chat/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/chat/name.h"
#include "common/base/mem.h"

struct roster_entry *roster_find(const struct roster *r, const char *name, size_t size) {
    char key[NAME_BYTES];
    name_key(name, size, key);
    for (struct roster_entry *e = r->first; e; e = e->next)
        if (!strcmp(e->key, key)) return e;
    return NULL;
}

void roster_rename(struct roster_entry *e, const char *name, size_t size) {
    char key[NAME_BYTES];
    name_key(name, size, key);
    free(e->name);
    free(e->key);
    e->name = mem_format("%.*s", (int)size, name);
    e->key = mem_copy(key);
}

void roster_enter(struct roster *r, struct roster_entry *e) {
    char name[32];
    do snprintf(name, sizeof name, "user%lu", ++r->guests);
    while (roster_find(r, name, strlen(name)));
    *e = (struct roster_entry){.next = r->first, .before = &r->first};
    roster_rename(e, name, strlen(name));
    if (r->first) r->first->before = &e->next;
    r->first = e;
}

void roster_leave(struct roster_entry *e) {
    if (!e->name) return;
    *e->before = e->next;
    if (e->next) e->next->before = e->before;
    free(e->name);
    free(e->key);
    *e = (struct roster_entry){.name = NULL};
}

void roster_list(const struct roster *r, struct buf *out) {
    for (const struct roster_entry *e = r->first; e; e = e->next) buf_format(out, " %s", e->name);
}
