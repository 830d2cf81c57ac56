#include "applets/chat/roster.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/chat/name.h"
#include "common/base/lang.h"
#include "common/base/mem.h"

#define SLOTS_LEAST 16

/* --- the table of keys --- */

/* FNV-1a. */
static struct roster_entry **slot_of(const struct roster *r, const char *key) {
    uint32_t hash = 2166136261U;
    for (; *key; key++) hash = (hash ^ (unsigned char)*key) * 16777619U;
    return &r->slots[hash % r->slot_count];
}

static void put_in_slot(struct roster *r, struct roster_entry *e) {
    struct roster_entry **slot = slot_of(r, e->key);
    e->same_slot = *slot;
    *slot = e;
}

static void take_from_slot(struct roster *r, struct roster_entry *e) {
    struct roster_entry **at = slot_of(r, e->key);
    while (*at != e) at = &(*at)->same_slot;
    *at = e->same_slot;
}

/* As many slots as there are entries, or more. */
static void grow(struct roster *r) {
    if (r->count < r->slot_count) return;
    free(r->slots);
    r->slot_count = r->slot_count ? 2 * r->slot_count : SLOTS_LEAST;
    r->slots = mem_new(r->slot_count * sizeof *r->slots);
    for (struct roster_entry *e = r->first; e; e = e->next) put_in_slot(r, e);
}

void roster_free(struct roster *r) {
    free(r->slots);
    *r = (struct roster){.first = NULL};
}

/* --- names --- */

static void set_name(struct roster *r, struct roster_entry *e, const char *name, size_t size) {
    char key[NAME_BYTES];
    name_key(name, size, key);
    e->name = mem_format("%.*s", (int)size, name);
    e->key = mem_copy(key);
    put_in_slot(r, e);
}

static void drop_name(struct roster *r, struct roster_entry *e) {
    take_from_slot(r, e);
    free(e->name);
    free(e->key);
}

struct roster_entry *roster_find(const struct roster *r, const char *name, size_t size) {
    char key[NAME_BYTES];
    if (r->slot_count == 0) return NULL;
    name_key(name, size, key);
    struct roster_entry *e = *slot_of(r, key);
    while (e && strcmp(e->key, key) != 0) e = e->same_slot;
    return e;
}

void roster_rename(struct roster *r, struct roster_entry *e, const char *name, size_t size) {
    drop_name(r, e);
    set_name(r, e, name, size);
}

/* --- coming and going --- */

#define GUEST 32 /* bytes of a guest's name */

static const char *next_guest(struct roster *r, char name[GUEST]) {
    do snprintf(name, GUEST, "user%lu", ++r->guests);
    while (roster_find(r, name, strlen(name)));
    return name;
}

void roster_enter(struct roster *r, struct roster_entry *e, const char *name) {
    char guest[GUEST];
    if (!name || roster_find(r, name, strlen(name))) name = next_guest(r, guest);
    grow(r);
    *e = (struct roster_entry){.next = r->first};
    set_name(r, e, name, strlen(name));
    if (r->first) r->first->previous = e;
    r->first = e;
    r->count++;
}

void roster_leave(struct roster *r, struct roster_entry *e) {
    if (!e->name) return;
    drop_name(r, e);
    *(e->previous ? &e->previous->next : &r->first) = e->next;
    if (e->next) e->next->previous = e->previous;
    r->count--;
    *e = (struct roster_entry){.name = NULL};
}

void roster_list(const struct roster *r, struct buf *out, size_t most) {
    size_t left = r->count, used = 0;
    for (const struct roster_entry *e = r->first; e; e = e->next, left--) {
        used += 1 + strlen(e->name);
        if (used > most) break;
        buf_format(out, " %s", e->name);
    }
    if (left > 0) buf_format(out, tr_wire(" and %zu others"), left);
}
