#include "applets/chat/hub_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static struct hub_room *of_ops(struct service_hub *h) {
    return container_of(h, struct hub_room, ops);
}

static struct roster *roster_of(struct hub_room *r) { return &r->service->roster; }

static struct piece piece_of(const char *text) {
    return (struct piece){text, text ? strlen(text) : 0};
}

static const struct piece nothing = {NULL, 0};

/* --- what waits --- */

static bool has_too_much(const struct hub_room *r, const struct guest *g) {
    return r->full || g->waiting > HUB_ROOM_OWN;
}

static void resume(struct guest *g) {
    g->held = false;
    if (g->member) g->member->ops->resume(g->member);
}

static void resume_all(struct hub_room *r) {
    for (struct guest *g = r->guests; g; g = g->next)
        if (g->held) resume(g);
}

static void add(struct hub_room *r, struct deed *d) {
    deeds_add(&r->deeds, d);
    r->full = r->full || r->deeds.bytes > HUB_ROOM_ALL;
    r->wake(r);
}

/* Takes out the first of the deeds, after which input may go on. The caller's to free. */
static struct deed *take_first(struct hub_room *r) {
    struct deed *d = deeds_take(&r->deeds);
    struct guest *g = d->guest;
    if (r->full && r->deeds.bytes < HUB_ROOM_ALL / 2) {
        r->full = false;
        resume_all(r);
    }
    if (g && g->held && !has_too_much(r, g) && g->waiting <= HUB_ROOM_OWN / 2) resume(g);
    return d;
}

static void answer(struct guest *g, const struct deed *d) {
    struct room_line l = {.wish = d->wish};
    snprintf(l.fault, sizeof l.fault, "%.*s", (int)d->text_size, deed_text(d));
    if (g->member) service_answer(g->member, &l);
}

/* What stays here, and has nothing before it any more. */
static void answer_first(struct hub_room *r) {
    for (struct deed *d; (d = r->deeds.first) && d->kind == ENTRY_KINDS;) {
        take_first(r);
        answer(d->guest, d);
        free(d);
    }
}

/* --- what members do --- */

static void enter(struct service_hub *h, struct member *m, const char *name) {
    struct hub_room *r = of_ops(h);
    if (r->closed) return;
    struct seat seat = {.member = ++r->members};
    memcpy(seat.server, r->server, sizeof seat.server);
    struct guest *g = m->guest = guest_new(&seat);
    g->member = m;
    g->joining = true;
    g->next = r->guests;
    g->before = &r->guests;
    if (g->next) g->next->before = &g->next;
    r->guests = g;
    add(r, deed_new(g, ENTRY_JOIN, piece_of(name), nothing));
}

static enum entry_kind kind_of(enum room_wish wish) {
    return wish == ROOM_SAY    ? ENTRY_SAY
           : wish == ROOM_ME   ? ENTRY_ME
           : wish == ROOM_NICK ? ENTRY_NICK
           : wish == ROOM_MSG  ? ENTRY_MSG
                               : ENTRY_KINDS;
}

/* Nobody can be called so: it would not come back. */
static const char *fault_of(const struct room_line *l) {
    return l->wish == ROOM_NICK ? name_fault(l->name, l->name_size) : NULL;
}

static void hear(struct service_hub *h, struct member *m, const struct room_line *l) {
    struct hub_room *r = of_ops(h);
    const char *fault = fault_of(l);
    if (r->closed) return;
    if (l->wish == ROOM_QUIT) {
        h->leave(h, m, false);
        return;
    }
    enum entry_kind kind = fault ? ENTRY_KINDS : kind_of(l->wish);
    struct piece name = {l->name, l->name_size}, text = {l->text, l->text_size};
    if (fault || l->wish == ROOM_FAULT) text = piece_of(fault ? fault : l->fault);
    struct deed *d = deed_new(m->guest, kind, kind == ENTRY_KINDS ? nothing : name, text);
    d->wish = fault ? ROOM_FAULT : l->wish;
    add(r, d);
    answer_first(r);
}

static void leave(struct service_hub *h, struct member *m, bool slow) {
    struct guest *g = m->guest;
    m->leaving = true;
    if (g->leaving || of_ops(h)->closed) return;
    g->leaving = true;
    add(of_ops(h), deed_new(g, ENTRY_LEFT, nothing, piece_of(slow ? "slow" : "")));
}

static void gone(struct service_hub *h, struct member *m) {
    (void)h;
    m->guest->member = NULL;
    m->guest = NULL;
}

static bool waits(struct service_hub *h, struct member *m) {
    struct guest *g = m->guest;
    if (!g || !has_too_much(of_ops(h), g)) return false;
    return g->held = true;
}

/* --- who is where --- */

static void put_out(struct hub_room *r, struct guest *g, bool slow) {
    char *name = mem_copy(g->called.name);
    roster_leave(roster_of(r), &g->called);
    service_show(r->service, slow ? "* %s left (it did not read)" : "* %s left", name);
    free(g->name);
    g->name = name;
}

/* One that leaves for good, and hears nothing of that. */
static void part(struct hub_room *r, struct guest *g, bool slow) {
    struct member *m = g->member;
    if (m) {
        service_end(m);
        m->guest = NULL;
        m->ops->resume(m);
    }
    if (guest_is_in(g)) put_out(r, g, slow);
    guest_free(g);
}

/* Whoever has the name that is another's by now has lost it without our hearing of it. */
static void make_way(struct hub_room *r, const struct guest *g, const char *name) {
    struct guest *other = guest_of(roster_find(roster_of(r), name, strlen(name)));
    if (!other || other == g) return;
    put_out(r, other, false);
    if (strcmp(other->seat.server, r->server) != 0) guest_free(other);
}

static void rename_to(struct hub_room *r, struct guest *g, const char *name) {
    make_way(r, g, name);
    char *old = mem_copy(g->called.name);
    roster_rename(roster_of(r), &g->called, name, strlen(name));
    service_show(r->service, ROOM_RENAMED, old, (int)strlen(name), name);
    free(old);
}

/* It is in the room, under this name perhaps already. */
static void call_by(struct hub_room *r, struct guest *g, const char *name) {
    if (strcmp(g->called.name, name) != 0) rename_to(r, g, name);
}

static void come_in(struct hub_room *r, struct guest *g, const char *name) {
    make_way(r, g, name);
    roster_enter(roster_of(r), &g->called, name);
    service_show(r->service, "* %s joined", name);
    if (g->joining && g->member) service_welcome(g->member, name);
    if (g->name && g->member && strcmp(g->name, name) != 0)
        service_tell(g->member, ROOM_WELCOME, name);
    g->joining = false;
}

static struct guest *guest_here(struct hub_room *r, const struct seat *seat) {
    struct guest *g = r->guests;
    while (g && g->seat.member != seat->member) g = g->next;
    return g;
}

/* --- what the log tells --- */

static bool is_ours(const struct hub_room *r, const struct seat *seat) {
    return !strcmp(seat->server, r->server);
}

static void show_join(struct hub_room *r, const struct entry *e, struct guest *g) {
    if (!g) g = guest_find(roster_of(r), e->other, &e->seat);
    if (!g) g = guest_find(roster_of(r), e->name, &e->seat);
    if (!g && is_ours(r, &e->seat)) g = guest_here(r, &e->seat);
    if (!g && is_ours(r, &e->seat)) return;
    if (!g) g = guest_new(&e->seat);
    if (guest_is_in(g))
        call_by(r, g, e->name);
    else
        come_in(r, g, e->name);
}

/* `seat` has left: by its own wish (then what is `own` is its deed), or its server has. */
static void show_left(struct hub_room *r, const struct entry *e, const struct seat *seat,
                      const struct deed *own) {
    struct guest *g = own ? own->guest : guest_find(roster_of(r), e->name, seat);
    bool slow = e->kind == ENTRY_LEFT && e->size > 0;
    if (g && (own || !is_ours(r, seat)))
        part(r, g, slow);
    else if (g && guest_is_in(g))
        put_out(r, g, false);
}

static void show_nick(struct hub_room *r, const struct entry *e) {
    struct guest *g = guest_find(roster_of(r), e->name, &e->seat);
    char name[NAME_BYTES];
    memcpy(name, e->text, e->size);
    name[e->size] = 0;
    if (g) rename_to(r, g, name);
}

static struct room_line said_by(const struct entry *e) {
    return (struct room_line){
        .wish = e->kind == ENTRY_ME ? ROOM_ME : ROOM_SAY, .text = e->text, .text_size = e->size};
}

static void show_said(struct hub_room *r, const struct entry *e) {
    struct room_line l = said_by(e);
    service_show_said(r->service, &l, e->name);
}

static void show_whisper(struct hub_room *r, const struct entry *e, const struct deed *own) {
    struct room_line l = {.wish = ROOM_MSG, .text = e->text, .text_size = e->size};
    struct guest *to = guest_find(roster_of(r), e->other, &e->to), *from = own ? own->guest : NULL;
    if (from && from->member) service_show_whisper(from->member, &l, e->name, e->other);
    if (to && to != from && to->member) service_show_whisper(to->member, &l, e->name, e->other);
}

static void show_refusal(const struct entry *e, const struct deed *own) {
    struct member *m = own && own->guest ? own->guest->member : NULL;
    struct room_line l = {.wish = ROOM_MSG};
    if (!m) return;
    l.name = own->bytes;
    l.name_size = own->name_size;
    if (own->kind == ENTRY_MSG) service_show_whisper(m, &l, "", NULL);
    if (own->kind == ENTRY_NICK) service_tell(m, "! %.*s is here already", (int)e->size, e->text);
}

static void show(struct hub_room *r, const struct entry *e, struct deed *own) {
    switch (e->kind) {
    case ENTRY_JOIN:
        show_join(r, e, own ? own->guest : NULL);
        break;
    case ENTRY_LEFT:
        show_left(r, e, &e->seat, own);
        break;
    case ENTRY_GONE:
        show_left(r, e, &e->to, NULL);
        break;
    case ENTRY_NICK:
        show_nick(r, e);
        break;
    case ENTRY_MSG:
        show_whisper(r, e, own);
        break;
    case ENTRY_REFUSED:
        show_refusal(e, own);
        break;
    case ENTRY_SAY:
    case ENTRY_ME:
        show_said(r, e);
        break;
    default:
        break;
    }
}

/* What a deed of that kind can have become. */
static bool fits(const struct deed *d, const struct entry *e) {
    return d->kind == e->kind ||
           (e->kind == ENTRY_REFUSED &&
            (d->kind == ENTRY_NICK || d->kind == ENTRY_MSG || d->kind == ENTRY_GONE));
}

/* The deeds up to this number have come back, or never will. */
static void pass(struct hub_room *r, uint64_t number) {
    answer_first(r);
    for (struct deed *d; (d = r->deeds.first) && d->number && d->number <= number;) {
        take_first(r);
        if (d->kind == ENTRY_LEFT) part(r, d->guest, false);
        free(d);
        answer_first(r);
    }
}

/* The next from here on who sits elsewhere. */
static struct guest *elsewhere(const struct hub_room *r, struct roster_entry *from) {
    while (from && is_ours(r, &guest_of(from)->seat)) from = from->next;
    return guest_of(from);
}

static struct guest *first_elsewhere(struct hub_room *r) {
    return elsewhere(r, roster_of(r)->first);
}

bool hub_room_knows(struct hub_room *r, const struct entry *e) {
    bool speaks = e->kind == ENTRY_SAY || e->kind == ENTRY_ME || e->kind == ENTRY_MSG;
    if (!speaks || is_ours(r, &e->seat) || guest_find(roster_of(r), e->name, &e->seat)) return true;
    struct guest *g = first_elsewhere(r);
    while (g && strcmp(g->seat.server, e->seat.server) != 0) g = elsewhere(r, g->called.next);
    return g;
}

void hub_room_show(struct hub_room *r, const struct entry *e) {
    struct deed *own = NULL;
    if (e->q && is_ours(r, &e->seat)) {
        pass(r, e->q - 1);
        own = r->deeds.first;
        if (!own || own->number != e->q || !fits(own, e)) return;
        take_first(r);
    }
    show(r, e, own);
    free(own);
    answer_first(r);
}

void hub_room_remember(struct hub_room *r, const struct entry *e) {
    struct room_line l = said_by(e);
    if (e->kind == ENTRY_SAY || e->kind == ENTRY_ME) service_remember(r->service, &l, e->name);
}

/* --- the list of who is there --- */

void hub_room_list_start(struct hub_room *r) {
    for (struct guest *g = first_elsewhere(r); g; g = elsewhere(r, g->called.next))
        g->listed = false;
}

static void list_elsewhere(struct hub_room *r, const struct seat *seat, const char *name) {
    struct guest *g = guest_find(roster_of(r), name, seat);
    if (!g) {
        make_way(r, NULL, name);
        g = guest_new(seat);
        roster_enter(roster_of(r), &g->called, name);
    }
    g->listed = true;
}

void hub_room_list(struct hub_room *r, const struct seat *seat, const char *name) {
    struct guest *g = is_ours(r, seat) ? guest_here(r, seat) : NULL;
    if (!is_ours(r, seat))
        list_elsewhere(r, seat, name);
    else if (g && guest_is_in(g))
        call_by(r, g, name);
    else if (g)
        come_in(r, g, name);
}

void hub_room_list_end(struct hub_room *r) {
    for (struct guest *g = first_elsewhere(r), *next; g; g = next) {
        next = elsewhere(r, g->called.next);
        if (g->listed) continue;
        roster_leave(roster_of(r), &g->called);
        guest_free(g);
    }
}

void hub_room_elsewhere(struct hub_room *r, void (*each)(void *ctx, const char *server),
                        void *ctx) {
    for (struct guest *g = first_elsewhere(r); g; g = elsewhere(r, g->called.next))
        each(ctx, g->seat.server);
}

void hub_room_lost(struct hub_room *r, const char *server) {
    char seat[SEAT_TEXT];
    for (struct guest *g = first_elsewhere(r); g; g = elsewhere(r, g->called.next))
        if (!strcmp(g->seat.server, server))
            add(r, deed_new(NULL, ENTRY_GONE, piece_of(g->called.name),
                            piece_of(seat_text(&g->seat, seat))));
}

/* --- after an absence --- */

void hub_room_settle(struct hub_room *r, uint64_t number) {
    pass(r, number);
    deeds_recall(&r->deeds);
}

void hub_room_rejoin(struct hub_room *r) {
    for (struct guest *g = r->guests; g; g = g->next) {
        const char *name = guest_is_in(g) ? g->called.name : g->name;
        if (!g->joining && name)
            deeds_add_first(&r->deeds, deed_new(g, ENTRY_JOIN, piece_of(name), nothing));
    }
    r->wake(r);
}

/* --- beginning and end --- */

void hub_room_start(struct hub_room *r, struct service *service) {
    r->ops = (struct service_hub){
        .enter = enter, .hear = hear, .leave = leave, .gone = gone, .waits = waits};
    r->service = service;
    service->hub = &r->ops;
}

void hub_room_close(struct hub_room *r) { r->closed = true; }

void hub_room_stop(struct hub_room *r) {
    struct roster *roster = roster_of(r);
    for (struct deed *d; (d = deeds_take(&r->deeds));) free(d);
    while (r->guests) {
        roster_leave(roster, &r->guests->called);
        guest_free(r->guests);
    }
    for (struct guest *g; (g = first_elsewhere(r));) { /* nobody else is left to be passed over */
        roster_leave(roster, &g->called);
        guest_free(g);
    }
}
