#include "applets/chat/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applets/chat/hub_script.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/cli/where.h"

#define TICK (500 * TEXT_NS_PER_MS)
#define SILENCE (5 * TEXT_NS_PER_S)       /* then the hub is away */
#define AWAY_AFTER (500 * TEXT_NS_PER_MS) /* of a broken connection */
#define CONNECT_LIMIT (5 * TEXT_NS_PER_S) /* of one attempt */
#define PAUSE_LEAST (50 * TEXT_NS_PER_MS) /* between attempts */
#define PAUSE_MOST (2 * TEXT_NS_PER_S)
#define FAREWELL (5 * TEXT_NS_PER_S)
#define PASSWORD_MOST ((size_t)16384)

#define BATCH_MOST 512u                            /* deeds that go at once */
#define BATCH_BYTES ((size_t)256 * 1024)           /* about, of them */
#define BATCHES_MOST 2                             /* on their way */
#define READ_MOST 1024                             /* entries asked for at once */
#define REST_LEAST (500 * (TEXT_NS_PER_MS / 1000)) /* ns between two readings, where any */
#define REST_MOST (20 * TEXT_NS_PER_MS)
#define BLOCK 1000 /* ms that the hub waits for one */

enum { EXPECT_LOAD, EXPECT_ENTER, EXPECT_BEAT, EXPECT_DEAD, EXPECT_BATCH, EXPECT_LEAVE };

#define EXPECTED_MOST (sizeof((struct hub *)NULL)->expected)

static void lose(struct hub *h, const char *why);
static void meet(struct hub *h);

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

static void send_beat(struct hub *h) {
    if (h->beating || h->state < HUB_CATCHING) return;
    h->beating = true;
    call_script(h, "beat", 0);
    expect(h, EXPECT_BEAT);
}

static void send_read(struct hub *h) {
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

static void flush_later(struct hub *h) { later_run(h->loop, &h->flushing, flush); }

static void wake(struct hub_room *r) {
    struct hub *h = container_of(r, struct hub, room);
    if (h->state == HUB_READY) flush_later(h);
}

/* --- coming and going of the hub --- */

static void tell_away(struct timer *t) {
    struct hub *h = container_of(t, struct hub, away);
    h->told = true;
    service_show(h->service, ROOM_AWAY);
}

static void tell_back(struct hub *h) {
    timer_stop(&h->away);
    msg_note(1, "connected with the hub %s", h->where);
    if (h->told) service_show(h->service, ROOM_BACK);
    h->told = false;
}

static void retry(struct timer *t) { meet(container_of(t, struct hub, retry)); }

static void lose_after(struct hub *h, const char *why, int64_t patience) {
    if (h->state == HUB_DOWN) return;
    h->state = HUB_DOWN;
    engine_stop(&h->talk);
    engine_stop(&h->ears);
    timer_stop(&h->crowd);
    timer_stop(&h->reading);
    snprintf(h->why, sizeof h->why, "%s", tr(why));
    msg_note(1, "no connection with the hub %s: %s", h->where, tr(why));
    if (!h->starting && !h->told && !timer_running(&h->away))
        timer_start(h->loop, &h->away, patience, tell_away);
    timer_start(h->loop, &h->retry, h->pause, retry);
    h->pause = h->pause ? 2 * h->pause : PAUSE_LEAST;
    if (h->pause > PAUSE_MOST) h->pause = PAUSE_MOST;
}

static void lose(struct hub *h, const char *why) { lose_after(h, why, AWAY_AFTER); }

/* At the start a hub that does not want us is not asked again. */
static void refused(struct hub *h, const char *why) {
    lose(h, why);
    if (!h->starting) return;
    h->status = STATUS_FAILED;
    loop_stop(h->loop);
}

static void hear_error(struct hub *h, const struct resp_item *item) {
    static const char *const refusals[] = {"NOAUTH", "NOPERM", "WRONGPASS"};
    char words[RESP_LINE_MOST + 1];
    bool refusal = false;
    snprintf(words, sizeof words, "%.*s", (int)item->size, item->text);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        refusal |= !strncmp(words, refusals[i], strlen(refusals[i]));
    (refusal ? refused : lose)(h, words);
}

static void on_down(struct hub *h, bool refusal, const char *why) {
    (refusal ? refused : lose)(h, why);
}

static void talk_down(struct engine *e, bool refusal, const char *why) {
    on_down(container_of(e, struct hub, talk), refusal, why);
}

static void ears_down(struct engine *e, bool refusal, const char *why) {
    on_down(container_of(e, struct hub, ears), refusal, why);
}

/* --- silence, and others' --- */

/* One of the two connections owes an answer, and has brought nothing for so long. */
static bool is_silent(const struct hub *h) {
    int64_t limit = loop_now(h->loop) - SILENCE;
    if (h->state < HUB_CATCHING) return h->met < limit - CONNECT_LIMIT;
    return (h->asked != h->answered && h->asking < limit && h->talk.heard < limit) ||
           (!h->pressed && h->ears.heard < limit);
}

static void tick(struct timer *t) {
    struct hub *h = container_of(t, struct hub, tick);
    timer_start(h->loop, t, TICK, tick);
    if (loop_now(h->loop) - h->ticked > SILENCE / 2) /* it is we who were stopped */
        h->asking = h->talk.heard = h->ears.heard = loop_now(h->loop);
    h->ticked = loop_now(h->loop);
    if (is_silent(h)) lose_after(h, "it does not answer", 0);
    if (h->state == HUB_READY) h->pause = 0;
    h->odd = !h->odd;
    if (h->odd) send_beat(h);
}

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

static void caught_up(struct hub *h) {
    bool anew = h->greeting.epoch != h->epoch || !h->greeting.known;
    h->state = HUB_READY;
    h->past = false;
    hub_room_settle(&h->room, h->greeting.known ? h->greeting.old : 0);
    if (h->epoch && anew) hub_room_rejoin(&h->room);
    h->epoch = h->greeting.epoch;
    if (h->starting) loop_stop(h->loop);
    flush_later(h);
}

static void expect_server(void *ctx, const char *server) {
    struct hub *h = ctx;
    pulses_expect(&h->pulses, server, loop_now(h->loop));
}

/* Where to read on. */
static void entered(struct hub *h) {
    const struct hub_greeting *g = &h->greeting;
    bool fresh = h->epoch == 0, changed = g->epoch != h->epoch;
    if (g->missed > 0) hub_room_list_end(&h->room);
    h->past = fresh;
    h->stale = false;
    if (changed || g->missed > 0) h->n = fresh ? (uint64_t)g->n : 0;
    if (changed && !fresh) hub_room_elsewhere(&h->room, expect_server, h);
    h->id = fresh && h->history == 0 ? g->last : g->at;
    h->state = HUB_CATCHING;
    h->behind = true;
    tell_back(h);
    send_beat(h);
    if (!entry_id_before(&h->id, &g->last)) caught_up(h);
    send_read(h);
}

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
        g->known = item->text && number_read(item->text, item->size, &g->old);
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
        lose(h, "its answer is not that of a hub");
    else if (item->last)
        entered(h);
}

static void enter_if_met(struct hub *h) {
    if (h->state == HUB_MEETING && h->script[0] && h->ears.open) send_enter(h);
}

static void hear_load(struct hub *h, const struct resp_item *item) {
    if (item->kind != RESP_BULK || item->size != sizeof h->script - 1) {
        lose(h, "its answer is not that of a hub");
        return;
    }
    memcpy(h->script, item->text, item->size);
    enter_if_met(h);
}

/* --- what the connection for commands brings --- */

static void hear_batch(struct hub *h) {
    h->batches--;
    flush_later(h);
}

static void talk_item(struct engine *e, const struct resp_item *item) {
    struct hub *h = container_of(e, struct hub, talk);
    if (item->kind == RESP_ERROR) {
        hear_error(h, item);
        return;
    }
    if (h->asked == h->answered) {
        lose(h, "it answers what was not asked");
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

static void talk_up(struct engine *e) { send_script(container_of(e, struct hub, talk)); }

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
    lose(h, "its log does not go on from where it was");
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
    if (h->ending) flush_later(h);
    if (h->state == HUB_CATCHING && !entry_id_before(&h->id, &h->greeting.last)) caught_up(h);
}

static void read_on(struct timer *t) { send_read(container_of(t, struct hub, reading)); }

/* In the turn after one in which members were given what had come: as long as that took the log is
 * left alone, so that a large room is not given each line by itself. */
static void rest(struct timer *t) {
    struct hub *h = container_of(t, struct hub, reading);
    int64_t took = loop_now(h->loop) - h->replied;
    if (took < REST_LEAST)
        send_read(h);
    else
        timer_start(h->loop, t, took < REST_MOST ? took : REST_MOST, read_on);
}

static void reply_over(struct hub *h) {
    uint64_t count = h->reader.count;
    if (h->state == HUB_CATCHING && count == 0) caught_up(h);
    h->behind = count >= READ_MOST;
    h->reader.count = 0;
    h->replied = loop_now(h->loop);
    if (count == 0 || h->behind)
        send_read(h);
    else
        timer_start(h->loop, &h->reading, 0, rest);
}

static void ears_item(struct engine *e, const struct resp_item *item) {
    struct hub *h = container_of(e, struct hub, ears);
    if (item->kind == RESP_ERROR && item->depth == 0) {
        hear_error(h, item);
        return;
    }
    enum entry_state state = entry_hear(&h->reader, item);
    if (state == ENTRY_BROKEN)
        lose(h, "its log is not that of a room");
    else if (state != ENTRY_MORE)
        hear_entry(h, state);
    if (item->last && h->state != HUB_DOWN) reply_over(h);
    if (state != ENTRY_MORE && h->state != HUB_DOWN) heed_members(h);
}

static void ears_up(struct engine *e) { enter_if_met(container_of(e, struct hub, ears)); }

/* --- the connections --- */

static void meet(struct hub *h) {
    h->state = HUB_MEETING;
    h->asked = h->answered = h->batches = 0;
    h->beating = h->pulsing = h->pressed = false;
    h->script[0] = 0;
    h->met = h->asking = loop_now(h->loop);
    h->reader.count = 0;
    msg_note(1, "connecting with the hub %s", h->where);
    engine_start(&h->talk, h->loop, &h->plan);
    if (h->state == HUB_MEETING) engine_start(&h->ears, h->loop, &h->plan);
}

/* --- the start --- */

static int read_password(struct hub *h, const char *file) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buf_reserve(&h->password, PASSWORD_MOST), PASSWORD_MOST);
    int error = errno;
    if (fd >= 0) close(fd);
    if (n < 0) {
        msg_error("cannot read %s: %s", file, lang_error(error));
        return STATUS_FAILED;
    }
    while (n > 0 && strchr("\r\n", h->password.bytes[n - 1])) n--;
    buf_grown(&h->password, (size_t)n);
    h->login.password = buf_at(&h->password);
    h->login.password_size = h->password.size;
    return 0;
}

static void opening_over(struct timer *t) {
    struct hub *h = container_of(t, struct hub, opening);
    h->status = STATUS_UNCONNECTED;
    loop_stop(h->loop);
}

static int make_server_id(struct hub *h) {
    uint64_t number;
    if (getentropy(&number, sizeof number) < 0) {
        msg_error("no random number: %s", lang_error(errno));
        return STATUS_FAILED;
    }
    snprintf(h->room.server, sizeof h->room.server, "%016llx", (unsigned long long)number);
    return 0;
}

static void prepare(struct hub *h, const struct call *call) {
    static const struct sockopt_list none;
    const struct common_conf *common = call->conf;
    const struct hub_url *url = &h->conf->url;
    h->name =
        (struct net_name){.host = url->host,
                          .path = url->path,
                          .port = url->port,
                          .family = url->path ? AF_UNSPEC : where_terms(common, SOCK_STREAM).family,
                          .type = SOCK_STREAM,
                          .numeric = common->numeric};
    h->plan = (struct dial_plan){.name = h->name, .options = &none, .limit = CONNECT_LIMIT};
    net_name_text(&h->name, h->where);
    h->login = (struct engine_login){.user = url->user,
                                     .password = url->password,
                                     .password_size = url->password ? strlen(url->password) : 0};
    h->talk =
        (struct engine){.login = &h->login, .up = talk_up, .item = talk_item, .down = talk_down};
    h->ears =
        (struct engine){.login = &h->login, .up = ears_up, .item = ears_item, .down = ears_down};
}

static int reach(struct hub *h, const struct call *call) {
    h->starting = true;
    timer_start(h->loop, &h->opening, h->conf->limit, opening_over);
    timer_start(h->loop, &h->tick, TICK, tick);
    meet(h);
    if (!h->status) loop_run(h->loop);
    h->starting = false;
    timer_stop(&h->opening);
    if (h->state == HUB_READY && !h->status) return 0;
    if (call_over(call)) return STATUS_FAILED;
    if (!h->status) h->status = STATUS_UNCONNECTED;
    if (!*h->why) snprintf(h->why, sizeof h->why, "%s", tr("it does not answer"));
    msg_error("the hub %s cannot be used: %s", h->where, h->why);
    return (int)h->status;
}

int hub_start(struct hub *h, const struct call *call, const struct hub_conf *conf,
              struct service *service, int64_t history) {
    *h = (struct hub){.loop = call->loop, .conf = conf, .service = service, .history = history};
    h->room.wake = wake;
    prepare(h, call);
    int status = conf->password_file ? read_password(h, conf->password_file) : 0;
    if (!status) status = make_server_id(h);
    hub_room_start(&h->room, service);
    return status ? status : reach(h, call);
}

bool hub_is_looked_up(const struct hub_conf *conf, bool numeric) {
    struct addr a;
    return conf->url.host && !numeric && !addr_numeric(conf->url.host, 0, &a);
}

/* --- the end --- */

int hub_finish(struct hub *h) {
    if (!h->loop) return 0;
    hub_room_close(&h->room);
    h->ending = true;
    flush_later(h);
    if (!h->told) loop_run_for(h->loop, FAREWELL);
    size_t lost = deeds_said(&h->room.deeds);
    if (h->left) return 0;
    msg_error("the hub %s is away: %zu lines were not said", h->where, lost);
    return STATUS_FAILED;
}

void hub_stop(struct hub *h) {
    if (!h->loop) return;
    engine_stop(&h->talk);
    engine_stop(&h->ears);
    struct timer *timers[] = {&h->retry, &h->away, &h->tick, &h->opening, &h->crowd, &h->reading};
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) timer_stop(timers[i]);
    hub_room_stop(&h->room);
    pulses_free(&h->pulses);
    entry_reader_free(&h->reader);
    buf_free(&h->password);
}
