#include "applets/chat/hub_parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applets/chat/hub_script.h"
#include "common/base/mem.h"

#define BATCH_MOST 512u                  /* deeds that go at once */
#define BATCH_BYTES ((size_t)256 * 1024) /* about, of them */
#define BATCHES_MOST 2                   /* on their way */

enum { EXPECT_LOAD, EXPECT_ENTER, EXPECT_BEAT, EXPECT_DEAD, EXPECT_BATCH, EXPECT_LEAVE };

#define EXPECTED_MOST (sizeof((struct hub *)NULL)->expected)

/* --- commands --- */

static void expect(struct hub *h, unsigned char what) {
    if (h->asked == h->answered) h->asking = loop_now(h->loop);
    h->expected[h->asked++ % EXPECTED_MOST] = what;
    engine_send(&h->talk);
}

static bool has_place(const struct hub *h) { return h->asked - h->answered < EXPECTED_MOST / 2; }

/* The head of a call of the script; `more` arguments follow the verb and our name. */
static void call_script(struct hub *h, const char *verb, size_t more) {
    struct buf *out = &h->talk.out;
    resp_command(out, 3 + HUB_SCRIPT_KEYS + 2 + more);
    resp_text(out, "EVALSHA");
    resp_text(out, h->script);
    resp_number(out, HUB_SCRIPT_KEYS);
    for (int i = 0; i < HUB_SCRIPT_KEYS; i++) {
        char *key = mem_format("sockkit:{%s}:%s", h->conf->url.room, hub_script_keys[i]);
        resp_text(out, key);
        free(key);
    }
    resp_text(out, verb);
    resp_text(out, h->room.server);
}

static void send_script(struct hub *h) {
    resp_command(&h->talk.out, 3);
    resp_text(&h->talk.out, "SCRIPT");
    resp_text(&h->talk.out, "LOAD");
    resp_text(&h->talk.out, hub_script);
    expect(h, EXPECT_LOAD);
}

static void send_enter(struct hub *h) {
    char id[ENTRY_ID_TEXT];
    struct buf *out = &h->talk.out;
    call_script(h, "enter", 7);
    resp_number(out, (uint64_t)h->epoch);
    resp_number(out, h->n);
    resp_text(out, entry_id_text(&h->id, id));
    resp_number(out, h->top);
    resp_number(out, (uint64_t)h->history);
    resp_number(out, (uint64_t)time(NULL) * 1000);
    resp_number(out, h->stale);
    h->greeting = (struct hub_greeting){.items = 0};
    h->state = HUB_ENTERING;
    expect(h, EXPECT_ENTER);
}

void hub_orders_beat(struct hub *h) {
    if (h->beating || h->state < HUB_CATCHING) return;
    h->beating = true;
    call_script(h, "beat", 0);
    expect(h, EXPECT_BEAT);
}

/* --- batches of deeds --- */

static const char *name_of(const struct guest *g) {
    const char *name = g->called.name ? g->called.name : g->name;
    return name ? name : "";
}

/* The key of a name, or "" for what is none. */
static void put_key(struct buf *out, const char *name, size_t size) {
    char key[NAME_BYTES] = "";
    if (size > 0 && !name_fault(name, size)) name_key(name, size, key);
    resp_text(out, key);
}

static void put_deed(struct buf *out, const struct deed *d) {
    const char *now = d->guest ? name_of(d->guest) : "", *name = deed_name(d);
    bool named = d->kind == ENTRY_JOIN || d->kind == ENTRY_NICK || d->kind == ENTRY_GONE;
    resp_number(out, d->number);
    resp_text(out, entry_words[d->kind]);
    if (d->guest)
        resp_number(out, d->guest->seat.member);
    else
        resp_put(out, deed_text(d), d->text_size);
    if (d->kind == ENTRY_LEFT)
        put_key(out, now, strlen(now));
    else
        put_key(out, name, d->name_size);
    resp_put(out, named ? name : now, named ? d->name_size : strlen(now));
    if (d->kind == ENTRY_NICK)
        put_key(out, now, strlen(now));
    else
        resp_put(out, deed_text(d), d->text_size);
}

/* How many of those that were not sent go at once. */
static size_t count_batch(const struct hub *h) {
    size_t count = 0, bytes = 0;
    for (struct deed *d = h->room.deeds.unsent; d; d = d->next) {
        if (count == BATCH_MOST || bytes > BATCH_BYTES) break;
        count += d->kind != ENTRY_KINDS;
        bytes += deed_size(d);
    }
    return count;
}

static void send_batch(struct hub *h, size_t count) {
    call_script(h, "add", 6 * count);
    for (size_t left = count; left > 0; h->room.deeds.unsent = h->room.deeds.unsent->next) {
        struct deed *d = h->room.deeds.unsent;
        if (d->kind == ENTRY_KINDS) continue;
        d->number = ++h->top;
        put_deed(&h->talk.out, d);
        left--;
    }
    h->batches++;
    expect(h, EXPECT_BATCH);
}

static void take_leave(struct hub *h) {
    h->ending = false;
    call_script(h, "leave", 0);
    expect(h, EXPECT_LEAVE);
}

static void flush(struct later *l) {
    struct hub *h = container_of(l, struct hub, flushing);
    size_t count;
    while (h->state == HUB_READY && h->batches < BATCHES_MOST && (count = count_batch(h)) > 0)
        send_batch(h, count);
    if (h->state == HUB_READY && h->ending && !h->room.deeds.first) take_leave(h);
}

void hub_orders_flush(struct hub *h) { later_run(h->loop, &h->flushing, flush); }

/* --- the beats of all servers --- */

static void declare_dead(void *ctx, const struct pulse *pulse) {
    struct hub *h = ctx;
    if (!pulse->beats) {
        hub_room_lost(&h->room, pulse->server);
    } else if (has_place(h) && strcmp(pulse->server, h->room.server) != 0) {
        call_script(h, "dead", 2);
        resp_text(&h->talk.out, pulse->server);
        resp_number(&h->talk.out, pulse->count);
        expect(h, EXPECT_DEAD);
    }
}

/* SERVER, COUNT, ... */
static void hear_beat(struct hub *h, const struct resp_item *item) {
    int64_t now = loop_now(h->loop);
    uint64_t count;
    if (item->depth == 0) {
        pulses_look(&h->pulses, now);
        h->pulsing = false;
    } else if (!h->pulsing) {
        h->pulsing = true;
        if (!server_read(item->text, item->text ? item->size : 0, h->pulse)) h->pulse[0] = 0;
    } else {
        h->pulsing = false;
        if (*h->pulse && item->text && number_read(item->text, item->size, &count))
            pulses_see(&h->pulses, h->pulse, count, now);
    }
    if (!item->last) return;
    h->beating = false;
    pulses_judge(&h->pulses, now, declare_dead, h);
}

/* --- entering --- */

static void hear_list(struct hub *h, const struct resp_item *item) {
    struct hub_greeting *g = &h->greeting;
    const char *text = item->text ? item->text : "";
    if (!g->seated) {
        g->seated = true;
        g->broken = !seat_read(text, item->size, &g->seat);
    } else {
        char *name = mem_format("%.*s", (int)item->size, text);
        g->seated = false;
        if (!g->broken && !name_fault(name, strlen(name))) hub_room_list(&h->room, &g->seat, name);
        free(name);
    }
}

static void start_list(struct hub *h) {
    if (h->greeting.missed > 0)
        service_show(h->service, ROOM_MISSED, (unsigned long long)h->greeting.missed);
    hub_room_list_start(&h->room);
}

/* False: that is no greeting. */
static bool hear_greeting(struct hub *h, const struct resp_item *item) {
    struct hub_greeting *g = &h->greeting;
    struct entry_id *ids[] = {&g->at, &g->last};
    int64_t *numbers[] = {&g->epoch, &g->n, NULL, NULL, NULL, &g->missed};
    unsigned i = g->items++;
    if (i == 2) {
        g->known = item->text && number_read(item->text, item->size, &g->old) && g->old > 0;
        return item->kind == RESP_BULK;
    }
    if (i == 3 || i == 4)
        return item->kind == RESP_BULK && item->text &&
               entry_id_read(item->text, item->size, ids[i - 3]);
    if (i == 6 && item->kind == RESP_ARRAY) {
        start_list(h);
        return true;
    }
    if (i >= 6 || item->kind != RESP_INTEGER || item->number < 0) return false;
    *numbers[i] = item->number;
    return true;
}

static void hear_enter(struct hub *h, const struct resp_item *item) {
    bool good = item->kind == RESP_ARRAY;
    if (item->depth == 1) good = hear_greeting(h, item);
    if (item->depth == 2) {
        good = item->kind == RESP_BULK;
        hear_list(h, item);
    }
    if (!good || (item->last && h->greeting.items < 7))
        hub_lose(h, "its answer is not that of a hub");
    else if (item->last)
        hub_entered(h);
}

void hub_orders_enter(struct hub *h) {
    if (h->state == HUB_MEETING && h->script[0] && h->ears.open) send_enter(h);
}

static void hear_load(struct hub *h, const struct resp_item *item) {
    if (item->kind != RESP_BULK || item->size != sizeof h->script - 1) {
        hub_lose(h, "its answer is not that of a hub");
        return;
    }
    memcpy(h->script, item->text, item->size);
    hub_orders_enter(h);
}

/* --- what the connection for commands brings --- */

static void hear_batch(struct hub *h) {
    h->batches--;
    hub_orders_flush(h);
}

void hub_orders_item(struct engine *e, const struct resp_item *item) {
    struct hub *h = container_of(e, struct hub, talk);
    if (item->kind == RESP_ERROR) {
        hub_hear_error(h, item);
        return;
    }
    if (h->asked == h->answered) {
        hub_lose(h, "it answers what was not asked");
        return;
    }
    unsigned char what = h->expected[h->answered % EXPECTED_MOST];
    if (item->last) {
        h->answered++;
        h->asking = loop_now(h->loop);
    }
    if (what == EXPECT_LOAD) hear_load(h, item);
    if (what == EXPECT_ENTER) hear_enter(h, item);
    if (what == EXPECT_BEAT) hear_beat(h, item);
    if (what == EXPECT_BATCH && item->last) hear_batch(h);
    if (what == EXPECT_LEAVE) {
        h->left = true;
        loop_stop(h->loop);
    }
}

void hub_orders_up(struct engine *e) { send_script(container_of(e, struct hub, talk)); }
