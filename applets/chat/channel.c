#include "applets/chat/channel.h"

#include <assert.h>

void channel_start(struct channel *c, size_t size, size_t history,
                   void (*deliver)(struct subscriber *s)) {
    *c = (struct channel){.deliver = deliver, .limit = UINT64_MAX};
    fanout_start(&c->log, size);
    history_start(&c->history, history);
}

void channel_free(struct channel *c) {
    assert(!c->first && !c->late);
    fanout_free(&c->log);
    history_free(&c->history);
}

/* --- who is there --- */

static void link_to(struct subscriber **list, struct subscriber *s) {
    s->next = *list;
    s->before = list;
    if (s->next) s->next->before = &s->next;
    *list = s;
}

static void unlink_from_list(struct subscriber *s) {
    *s->before = s->next;
    if (s->next) s->next->before = s->before;
}

/* --- how far behind somebody is --- */

size_t channel_lack(const struct channel *c, const struct subscriber *s) {
    uint64_t past = s->past_end - s->past, most = c->log.size / 4;
    return (size_t)(c->log.end - s->position) + s->own + (size_t)(past < most ? past : most);
}

/* Lowers the limit to what this one allows. */
static void heed(struct channel *c, const struct subscriber *s) {
    uint64_t limit = c->log.end + (c->log.size - channel_lack(c, s));
    if (limit < c->limit) c->limit = limit;
}

static void cut_off(struct channel *c, struct subscriber *s) {
    unlink_from_list(s);
    c->own -= s->notes.size;
    subscriber_free(s);
    link_to(&c->late, s);
}

void channel_join(struct channel *c, struct subscriber *s) {
    subscriber_start(s, &c->log, &c->history);
    link_to(&c->first, s);
    heed(c, s);
}

void channel_leave(struct channel *c, struct subscriber *s) {
    if (!s->before) return;
    unlink_from_list(s);
    c->own -= s->notes.size;
    subscriber_free(s);
}

struct subscriber *channel_late(struct channel *c) {
    struct subscriber *s = c->late;
    if (s) channel_leave(c, s);
    return s;
}

/* --- what is said --- */

/* Who merely had no turn yet gets it now; who would lack more than the log holds is cut off. */
static void make_way(struct channel *c, size_t size) {
    struct subscriber *next;
    c->limit = UINT64_MAX;
    for (struct subscriber *s = c->first; s; s = next) {
        next = s->next;
        c->deliver(s);
        if (channel_lack(c, s) + size > c->log.size)
            cut_off(c, s);
        else
            heed(c, s);
    }
}

static void trim_history(struct channel *c) {
    uint64_t needed = c->history.end;
    for (const struct subscriber *s = c->first; s; s = s->next)
        if (s->past < s->past_end && s->past < needed) needed = s->past;
    history_trim(&c->history, needed);
}

void channel_keep(struct channel *c, const char *line, size_t size) {
    if (history_keep(&c->history, line, size)) trim_history(c);
}

void channel_say(struct channel *c, const char *line, size_t size, bool keep) {
    assert(size <= c->log.size);
    if (c->log.end + size > c->limit) make_way(c, size);
    fanout_append(&c->log, line, size);
    if (keep) channel_keep(c, line, size);
}

static bool is_too_much(const struct channel *c, const struct subscriber *s, size_t size) {
    return channel_lack(c, s) + size > c->log.size ||
           (s->notes.size + size > CHANNEL_OWN && c->own + size > c->log.size);
}

/* False: it hears nothing any more, or would lack too much with `size` bytes more. */
static bool has_room(struct channel *c, struct subscriber *s, size_t size) {
    if (!s->log) return false;
    if (is_too_much(c, s, size)) c->deliver(s);
    if (!is_too_much(c, s, size)) return true;
    cut_off(c, s);
    return false;
}

static void count_notes(struct channel *c, const struct subscriber *s, size_t before) {
    c->own += s->notes.size - before;
    heed(c, s);
}

void channel_note(struct channel *c, struct subscriber *s, const char *lines, size_t size) {
    if (!has_room(c, s, size)) return;
    size_t before = s->notes.size;
    subscriber_note(s, lines, size);
    count_notes(c, s, before);
}

void channel_replay(struct channel *c, struct subscriber *s) {
    if (!has_room(c, s, c->log.size / 4)) return;
    size_t before = s->notes.size;
    subscriber_replay(s);
    count_notes(c, s, before);
}

void channel_took(struct channel *c, struct subscriber *s, size_t n) {
    size_t before = s->notes.size;
    subscriber_took(s, n);
    c->own -= before - s->notes.size;
}
