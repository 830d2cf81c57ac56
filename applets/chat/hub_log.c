#include "applets/chat/hub_parts.h"

#include <stdlib.h>

#include "common/base/mem.h"

#define READ_MOST 1024                             /* entries asked for at once */
#define REST_LEAST (500 * (TEXT_NS_PER_MS / 1000)) /* ns between two readings, where any */
#define REST_MOST (20 * TEXT_NS_PER_MS)
#define BLOCK 1000 /* ms that the hub waits for one */

void hub_log_read(struct hub *h) {
    char id[ENTRY_ID_TEXT], *key = mem_format("sockkit:{%s}:log", h->conf->url.room);
    struct buf *out = &h->ears.out;
    resp_command(out, 8);
    resp_text(out, "XREAD");
    resp_text(out, "COUNT");
    resp_number(out, READ_MOST);
    resp_text(out, "BLOCK");
    resp_number(out, BLOCK);
    resp_text(out, "STREAMS");
    resp_text(out, key);
    resp_text(out, entry_id_text(&h->id, id));
    free(key);
    engine_send(&h->ears);
}

/* --- after an absence: no faster than members read --- */

#define LOOK (10 * TEXT_NS_PER_MS)
#define STANDSTILL (250 * TEXT_NS_PER_MS)
#define STEP 16384 /* bytes in that time that are more than a standstill */

/* How far those have got who lack half of what they may. *any: there are some. */
static uint64_t measure(const struct hub *h, bool *any) {
    const struct channel *c = &h->service->channel;
    uint64_t sum = 0;
    *any = false;
    for (struct subscriber *s = channel_first(c); s; s = channel_next(s)) {
        if (channel_lack(c, s) < c->log.size / 2) continue;
        *any = true;
        sum += s->position;
    }
    return sum;
}

static void look(struct timer *t) {
    struct hub *h = container_of(t, struct hub, crowd);
    bool any;
    uint64_t sum = measure(h, &any);
    int64_t now = loop_now(h->loop);
    bool moved = sum > h->progress + STEP;
    if (any && (moved || now - h->progressed < STANDSTILL)) {
        if (moved || sum < h->progress) {
            h->progress = sum;
            h->progressed = now;
        }
        timer_start(h->loop, t, LOOK, look);
        return;
    }
    h->pressed = false;
    engine_go_on(&h->ears);
}

/* Looks at the members after each part of the log, to let those read who are far behind. */
static void heed_members(struct hub *h) {
    const struct fanout *log = &h->service->channel.log;
    bool any;
    if (!h->behind || h->past || log->end - h->measured < log->size / 8) return;
    h->measured = log->end;
    h->progress = measure(h, &any);
    if (!any) return;
    h->progressed = loop_now(h->loop);
    h->pressed = true;
    engine_wait(&h->ears);
    timer_start(h->loop, &h->crowd, LOOK, look);
}

/* --- what the log brings --- */

static bool is_doubted(const struct hub *h) {
    return h->reader.id.ms == h->doubted.ms && h->reader.id.count == h->doubted.count;
}

/* False: the numbers have gone on, or back, without our having seen it. What that means is asked of
 * the hub, once. */
static bool follows(struct hub *h, const struct entry *e) {
    if (h->n == 0 || e->n == h->n + 1 || is_doubted(h)) return true;
    h->doubted = h->reader.id;
    h->stale = true;
    h->pause = 0;
    pulses_withdraw(&h->pulses, e->seat.server);
    hub_lose(h, "its log does not go on from where it was");
    return false;
}

static bool is_possible(const struct hub *h, const struct entry *e) {
    return !is_doubted(h) || e->n <= (uint64_t)h->greeting.n;
}

/* Not one that is there twice, nor one that speaks for a server that there is not. */
static bool is_genuine(struct hub *h, const struct entry *e) {
    const char *server = e->seat.server;
    if (e->q && !pulses_advance(&h->pulses, server, e->q, loop_now(h->loop))) return false;
    if (!e->q && e->kind != ENTRY_LEFT && e->kind != ENTRY_EPOCH) return false;
    return h->past || pulses_know(&h->pulses, server) || hub_room_knows(&h->room, e);
}

/* False: it is not to be passed yet. */
static bool take_entry(struct hub *h, const struct entry *e) {
    if (h->past) {
        hub_room_remember(&h->room, e);
    } else if (!follows(h, e)) {
        return false;
    } else if (is_possible(h, e)) {
        h->n = e->n;
        hub_room_show(&h->room, e);
    }
    return true;
}

static void hear_entry(struct hub *h, enum entry_state state) {
    if (!entry_id_before(&h->id, &h->reader.id)) return;
    const struct entry *e = &h->reader.entry;
    if (state == ENTRY_WHOLE && is_genuine(h, e) && !take_entry(h, e)) return;
    h->id = h->reader.id;
    if (h->ending) hub_orders_flush(h);
    if (h->state == HUB_CATCHING && !entry_id_before(&h->id, &h->greeting.last)) hub_caught_up(h);
}

static void read_on(struct timer *t) { hub_log_read(container_of(t, struct hub, reading)); }

/* In the turn after one in which members were given what had come: as long as that took the log is
 * left alone, so that a large room is not given each line by itself. */
static void rest(struct timer *t) {
    struct hub *h = container_of(t, struct hub, reading);
    int64_t took = loop_now(h->loop) - h->replied;
    if (took < REST_LEAST)
        hub_log_read(h);
    else
        timer_start(h->loop, t, took < REST_MOST ? took : REST_MOST, read_on);
}

static void reply_over(struct hub *h) {
    uint64_t count = h->reader.count;
    if (h->state == HUB_CATCHING && count == 0) hub_caught_up(h);
    h->behind = count >= READ_MOST;
    h->reader.count = 0;
    h->replied = loop_now(h->loop);
    if (count == 0 || h->behind)
        hub_log_read(h);
    else
        timer_start(h->loop, &h->reading, 0, rest);
}

void hub_log_item(struct engine *e, const struct resp_item *item) {
    struct hub *h = container_of(e, struct hub, ears);
    if (item->kind == RESP_ERROR && item->depth == 0) {
        hub_hear_error(h, item);
        return;
    }
    enum entry_state state = entry_hear(&h->reader, item);
    if (state == ENTRY_BROKEN)
        hub_lose(h, "its log is not that of a room");
    else if (state != ENTRY_MORE)
        hear_entry(h, state);
    if (item->last && h->state != HUB_DOWN) reply_over(h);
    if (state != ENTRY_MORE && h->state != HUB_DOWN) heed_members(h);
}
