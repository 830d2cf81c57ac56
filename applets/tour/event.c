#include "applets/tour/event.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"

/* --- one line --- */

/* "send(3, 6)         = 6" without its row of blanks. */
static char *squeezed(const char *call) {
    char *out = mem_copy(call), *to = out;
    for (const char *from = call; *from; from++)
        if (from[0] != ' ' || from[1] != ' ') *to++ = *from;
    *to = '\0';
    return out;
}

static bool begins(const char *text, const char *with) {
    return !strncmp(text, with, strlen(with));
}

static enum event_kind kind_of_connect(const struct event *e) {
    if (begins(e->words, "EINPROGRESS")) return EVENT_LOST;
    if (begins(e->words, "ECONNREFUSED")) return EVENT_REFUSED;
    if (e->result < 0 || begins(e->words, tr("its one peer"))) return EVENT_LOCAL;
    return EVENT_CONNECT;
}

static enum event_kind kind_of(const struct event *e, const char *name) {
    if (!*e->call)
        return begins(e->words, "...")  ? EVENT_WAIT
               : begins(e->words, "$ ") ? EVENT_ENTER
                                        : EVENT_SAYS;
    if (!strcmp(name, "connect")) return kind_of_connect(e);
    if (strstr(e->words, "ICMP")) return EVENT_ICMP;
    if (e->result < 0) return EVENT_LOCAL;
    if (!strcmp(name, "accept")) return EVENT_ACCEPT;
    if (begins(name, "send")) return EVENT_SEND;
    if (begins(name, "recv")) return e->result > 0 ? EVENT_RECEIVE : EVENT_END;
    if (!strcmp(name, "shutdown")) return EVENT_SHUTDOWN;
    return !strcmp(name, "close") ? EVENT_CLOSE : EVENT_LOCAL;
}

static void parse(struct event *e) {
    char name[24] = "";
    const char *result = strrchr(e->call, '=');
    e->fd = -1;
    sscanf(e->call, "%23[a-z](%d", name, &e->fd);
    if (result) e->result = strtol(result + 1, NULL, 10);
    e->kind = kind_of(e, name);
}

void events_add(struct events *e, int actor, int64_t at, const char *call, const char *words) {
    for (size_t i = e->count; i-- > 0;)
        if (e->items[i].actor == actor) {
            if (at < e->items[i].at) at = e->items[i].at;
            break;
        }
    e->items = mem_grow(e->items, &e->capacity, e->count + 1, sizeof *e->items);
    struct event *new = &e->items[e->count++];
    *new =
        (struct event){.at = at, .actor = actor, .call = squeezed(call), .words = mem_copy(words)};
    parse(new);
}

void events_free(struct events *e) {
    for (size_t i = 0; i < e->count; i++) {
        free(e->items[i].call);
        free(e->items[i].words);
    }
    free(e->items);
    *e = (struct events){NULL, 0, 0};
}

/* --- their order --- */

static bool is_effect(const struct event *e) {
    return e->kind == EVENT_ACCEPT || e->kind == EVENT_RECEIVE || e->kind == EVENT_END;
}

/* True when b belongs in front of a. Two of one process stay as they are. */
static bool is_earlier(const struct event *b, const struct event *a) {
    if (b->actor == a->actor) return false;
    return b->at < a->at || (b->at == a->at && is_effect(a) && !is_effect(b));
}

/* By insertion, which keeps the order of those that are alike; there are a few dozen. */
static void sort(struct events *e) {
    for (size_t i = 1; i < e->count; i++) {
        struct event moved = e->items[i];
        size_t to = i;
        for (; to > 0 && is_earlier(&moved, &e->items[to - 1]); to--)
            e->items[to] = e->items[to - 1];
        e->items[to] = moved;
    }
}

/* --- what caused what --- */

#define FLOWS 32

/* One direction between two sockets. */
struct flow {
    int from, from_fd, to, to_fd; /* actors and descriptors; to -1: not accepted yet */
    size_t since;                 /* the event that opened it */
    long received;
    bool ended; /* its FIN has been sent */
};

struct flows {
    struct flow items[FLOWS];
    size_t count;
};

static void link_to(struct events *e, size_t effect, size_t cause) {
    e->items[effect].cause = cause + 1;
    e->items[cause].effects++;
}

static void open_flow(struct flows *f, struct flow flow) {
    if (f->count < FLOWS) f->items[f->count++] = flow;
}

static struct flow *flow_from(struct flows *f, const struct event *e) {
    for (size_t i = f->count; i-- > 0;)
        if (f->items[i].from == e->actor && f->items[i].from_fd == e->fd) return &f->items[i];
    return NULL;
}

static struct flow *flow_to(struct flows *f, const struct event *e) {
    for (size_t i = f->count; i-- > 0;)
        if (f->items[i].to == e->actor && f->items[i].to_fd == e->fd) return &f->items[i];
    return NULL;
}

/* The listener's queue is a queue: the first to connect is the first to be accepted. */
static void accept_flow(struct events *e, struct flows *f, size_t accept) {
    const struct event *a = &e->items[accept];
    for (size_t i = 0; i < f->count; i++) {
        struct flow *flow = &f->items[i];
        if (flow->to >= 0) continue;
        flow->to = a->actor;
        flow->to_fd = (int)a->result;
        open_flow(f, (struct flow){a->actor, (int)a->result, flow->from, flow->from_fd, accept, 0,
                                   false});
        for (size_t c = 0; c < e->count; c++)
            if (e->items[c].kind == EVENT_CONNECT && e->items[c].actor == flow->from &&
                e->items[c].fd == flow->from_fd && !e->items[c].effects) {
                link_to(e, accept, c);
                return;
            }
        return;
    }
}

/* The event that sent the byte at this place, or the end. */
static void find_cause(struct events *e, const struct flow *flow, size_t effect) {
    const struct event *r = &e->items[effect];
    long place = 0;
    for (size_t i = flow->since; i < e->count; i++) {
        const struct event *c = &e->items[i];
        if (c->actor != flow->from || c->fd != flow->from_fd || !c->crosses) continue;
        if (c->kind == EVENT_SEND) place += c->result;
        bool fin = c->kind == EVENT_SHUTDOWN || c->kind == EVENT_CLOSE;
        if (r->kind == EVENT_END ? !fin : place <= flow->received) continue;
        link_to(e, effect, i);
        return;
    }
}

static void note_end(struct event *e, struct flow *flow) {
    e->crosses = !flow->ended;
    flow->ended = true;
}

static void look_at(struct events *e, struct flows *f, size_t i) {
    struct event *event = &e->items[i];
    struct flow *from = flow_from(f, event), *to = flow_to(f, event);
    switch (event->kind) {
    case EVENT_CONNECT:
        event->crosses = true;
        open_flow(f, (struct flow){event->actor, event->fd, -1, -1, i, 0, false});
        break;
    case EVENT_REFUSED:
    case EVENT_LOST:
        event->crosses = true;
        break;
    case EVENT_ACCEPT:
        accept_flow(e, f, i);
        break;
    case EVENT_SEND:
        event->crosses = true;
        break;
    case EVENT_SHUTDOWN:
    case EVENT_CLOSE:
        if (from) note_end(event, from);
        break;
    case EVENT_RECEIVE:
    case EVENT_END:
        if (to) find_cause(e, to, i);
        if (to) to->received += event->result;
        break;
    default:
        break;
    }
}

/* Datagrams between two: each that is received is the next that the other one sent. */
static void look_at_datagram(struct events *e, size_t i) {
    struct event *r = &e->items[i];
    if (r->kind != EVENT_RECEIVE || r->cause || !begins(r->call, "recvfrom")) return;
    for (size_t c = 0; c < e->count; c++) {
        const struct event *s = &e->items[c];
        if (s->kind != EVENT_SEND || s->effects || s->actor == r->actor) continue;
        link_to(e, i, c);
        return;
    }
}

void events_settle(struct events *e) {
    struct flows flows = {.count = 0};
    sort(e);
    for (size_t i = 0; i < e->count; i++) {
        e->items[i].cause = e->items[i].effects = 0;
        e->items[i].crosses = false;
    }
    for (size_t i = 0; i < e->count; i++) {
        look_at(e, &flows, i);
        look_at_datagram(e, i);
    }
}

/* --- how it is drawn --- */

const char *event_sends(const struct event *e, char out[EVENT_LABEL]) {
    bool handshake = e->kind == EVENT_CONNECT || e->kind == EVENT_REFUSED || e->kind == EVENT_LOST;
    bool fin = e->kind == EVENT_SHUTDOWN || e->kind == EVENT_CLOSE;
    snprintf(out, EVENT_LABEL, "%s", handshake ? "SYN" : fin ? "FIN" : "");
    if (e->kind == EVENT_SEND)
        snprintf(out, EVENT_LABEL, trn("%ld byte", "%ld bytes", (unsigned long long)e->result),
                 e->result);
    if (!e->crosses) out[0] = '\0';
    return out;
}

const char *event_returns(const struct event *e) {
    return e->kind == EVENT_REFUSED ? "RST" : e->kind == EVENT_ICMP ? "ICMP" : "";
}
