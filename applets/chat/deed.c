#include "applets/chat/deed.h"

#include <string.h>

#include "common/base/mem.h"

struct deed *deed_new(struct guest *guest, enum entry_kind kind, struct piece name,
                      struct piece text) {
    struct deed *d = mem_new(sizeof *d + name.size + text.size);
    *d =
        (struct deed){.guest = guest, .kind = kind, .name_size = name.size, .text_size = text.size};
    if (name.size > 0) memcpy(d->bytes, name.text, name.size);
    if (text.size > 0) memcpy(d->bytes + name.size, text.text, text.size);
    return d;
}

size_t deed_size(const struct deed *d) { return sizeof *d + d->name_size + d->text_size; }

static void count_in(struct deeds *q, const struct deed *d) {
    q->bytes += deed_size(d);
    if (d->guest) d->guest->waiting += deed_size(d);
}

void deeds_add(struct deeds *q, struct deed *d) {
    *(q->last ? &q->last->next : &q->first) = d;
    q->last = d;
    if (!q->unsent) q->unsent = d;
    count_in(q, d);
}

void deeds_add_first(struct deeds *q, struct deed *d) {
    struct deed **at = &q->first;
    while (*at != q->unsent) at = &(*at)->next;
    d->next = *at;
    *at = d;
    if (!d->next) q->last = d;
    q->unsent = d;
    count_in(q, d);
}

struct deed *deeds_take(struct deeds *q) {
    struct deed *d = q->first;
    if (!d) return NULL;
    q->first = d->next;
    if (q->last == d) q->last = NULL;
    if (q->unsent == d) q->unsent = d->next;
    q->bytes -= deed_size(d);
    if (d->guest) d->guest->waiting -= deed_size(d);
    return d;
}

void deeds_recall(struct deeds *q) {
    for (struct deed *d = q->first; d; d = d->next) d->number = 0;
    q->unsent = q->first;
}

size_t deeds_said(const struct deeds *q) {
    size_t count = 0;
    for (const struct deed *d = q->first; d; d = d->next)
        count += d->kind == ENTRY_SAY || d->kind == ENTRY_ME || d->kind == ENTRY_MSG;
    return count;
}
