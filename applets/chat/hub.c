#include "applets/chat/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/chat/hub_parts.h"
#include "common/base/entropy.h"
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

static void meet(struct hub *h);

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

void hub_lose(struct hub *h, const char *why) { lose_after(h, why, AWAY_AFTER); }

/* At the start a hub that does not want us is not asked again. */
static void refused(struct hub *h, const char *why) {
    hub_lose(h, why);
    if (!h->starting) return;
    h->status = STATUS_FAILED;
    loop_stop(h->loop);
}

void hub_hear_error(struct hub *h, const struct resp_item *item) {
    static const char *const refusals[] = {"NOAUTH", "NOPERM", "WRONGPASS"};
    char words[RESP_LINE_MOST + 1];
    bool refusal = false;
    snprintf(words, sizeof words, "%.*s", (int)item->size, item->text);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        refusal |= !strncmp(words, refusals[i], strlen(refusals[i]));
    (refusal ? refused : hub_lose)(h, words);
}

static void on_down(struct hub *h, bool refusal, const char *why) {
    (refusal ? refused : hub_lose)(h, why);
}

static void talk_down(struct engine *e, bool refusal, const char *why) {
    on_down(container_of(e, struct hub, talk), refusal, why);
}

static void ears_down(struct engine *e, bool refusal, const char *why) {
    on_down(container_of(e, struct hub, ears), refusal, why);
}

/* --- silence --- */

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
    if (h->odd) hub_orders_beat(h);
}

/* --- it is back --- */

void hub_caught_up(struct hub *h) {
    bool anew = h->greeting.epoch != h->epoch || !h->greeting.known;
    h->state = HUB_READY;
    h->past = false;
    hub_room_settle(&h->room, h->greeting.known ? h->greeting.old : 0);
    if (h->epoch && anew) hub_room_rejoin(&h->room);
    h->epoch = h->greeting.epoch;
    if (h->starting) loop_stop(h->loop);
    hub_orders_flush(h);
}

static void expect_server(void *ctx, const char *server) {
    struct hub *h = ctx;
    pulses_expect(&h->pulses, server, loop_now(h->loop));
}

/* Where to read on. */
void hub_entered(struct hub *h) {
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
    hub_orders_beat(h);
    if (!entry_id_before(&h->id, &g->last)) hub_caught_up(h);
    hub_log_read(h);
}

/* --- the connections --- */

static void ears_up(struct engine *e) { hub_orders_enter(container_of(e, struct hub, ears)); }

static void wake(struct hub_room *r) {
    struct hub *h = container_of(r, struct hub, room);
    if (h->state == HUB_READY) hub_orders_flush(h);
}

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

/* All of a file, which may be a pipe that brings it in pieces. Returns 0, or an errno. */
static int read_all(int fd, struct buf *out) {
    ssize_t n;
    while ((n = read(fd, buf_reserve(out, PASSWORD_MOST), PASSWORD_MOST)) > 0) {
        buf_grown(out, (size_t)n);
        if (out->size > PASSWORD_MOST) return EFBIG;
    }
    return n < 0 ? errno : 0;
}

static int read_password(struct hub *h, const char *file) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : read_all(fd, &h->password);
    if (fd >= 0) close(fd);
    if (error) {
        msg_error("cannot read %s: %s", file, lang_error(error));
        return STATUS_FAILED;
    }
    const char *password = buf_at(&h->password);
    size_t size = h->password.size;
    while (size > 0 && (password[size - 1] == '\r' || password[size - 1] == '\n')) size--;
    h->login.password = password;
    h->login.password_size = size;
    return 0;
}

static void opening_over(struct timer *t) {
    struct hub *h = container_of(t, struct hub, opening);
    h->status = STATUS_UNCONNECTED;
    loop_stop(h->loop);
}

static int make_server_id(struct hub *h) {
    uint64_t number;
    if (entropy_fill(&number, sizeof number) < 0) {
        msg_error("cannot get a random number from the system: %s", lang_error(errno));
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
    h->talk = (struct engine){
        .login = &h->login, .up = hub_orders_up, .item = hub_orders_item, .down = talk_down};
    h->ears =
        (struct engine){.login = &h->login, .up = ears_up, .item = hub_log_item, .down = ears_down};
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
    hub_orders_flush(h);
    if (!h->told) loop_run_for(h->loop, FAREWELL);
    size_t lost = deeds_said(&h->room.deeds);
    if (h->left) return 0;
    msg_error(trn("the hub %s is away: %zu line was not said",
                  "the hub %s is away: %zu lines were not said", lost),
              h->where, lost);
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
