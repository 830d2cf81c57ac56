/* udp-send: each MESSAGE, line or block is one datagram; replies are shown. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/udp/destination.h"
#include "applets/udp/outgoing.h"
#include "applets/udp/show.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/cli/where.h"
#include "common/net/name.h"

#define REPLY_LIMIT (2 * TEXT_NS_PER_S)
#define NO_BUFFER_LIMIT (2 * TEXT_NS_PER_S)
#define REPLIES_ALL INT64_MAX
/* for the first datagram, while there are other addresses */
#define REFUSAL_LIMIT (100 * TEXT_NS_PER_MS)
#define MOST_ONCE ((size_t)2048) /* datagrams given to the system in one turn */

struct udp_send_conf {
    struct common_conf common;
    struct show_conf show;
    struct texts_conf texts;
    int64_t replies, interval, repeat; /* interval in ns; 0: not given */
    uint64_t block;                    /* 0: lines */
    const char *quit_word;
    bool broadcast, unconnected;
};

static const struct udp_send_conf defaults = {.repeat = 1};

static const char *parse_replies(void *field, const char *value) {
    int64_t *replies = field;
    if (!strcmp(value, "all"))
        *replies = REPLIES_ALL;
    else if (text_number(value, replies) < 0 || *replies < 1)
        return "not a number of replies (1 or more), nor all";
    return NULL;
}

static const struct opt_row rows[] = {
    OPT("replies", 'r', OPT_CUSTOM, udp_send_conf, replies, .metavar = "N", .parse = parse_replies,
        .values = "all", .help = "wait for N replies; all: for those within -w",
        .flags = OPT_EVERYDAY),
    OPT("timeout", 'w', OPT_TIME, udp_send_conf, common.timeout, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "how long for replies (2s); limit on resolving (10s)",
        .flags = OPT_EVERYDAY),
    OPT("idle", 'i', OPT_TIME, udp_send_conf, common.idle, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "end when nothing was sent or received for TIME (status 5)"),
    OPT("block", 0, OPT_SIZE, udp_send_conf, block, .metavar = "SIZE", .min = 1,
        .max = (int64_t)OUTGOING_LINE, .help = "cut stdin into datagrams of SIZE bytes, not lines",
        .flags = OPT_EVERYDAY),
    OPT("interval", 'I', OPT_TIME, udp_send_conf, interval, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "wait TIME between two datagrams", .flags = OPT_EVERYDAY),
    OPT("repeat", 0, OPT_INTEGER, udp_send_conf, repeat, .metavar = "N", .min = 1, .max = INT64_MAX,
        .help = "send all of it N times", .flags = OPT_EVERYDAY),
    OPT("quit-word", 0, OPT_STRING, udp_send_conf, quit_word, .metavar = "WORD",
        .excludes = "block", .help = "end behind a line of stdin that is WORD, which is sent"),
    OPT("no-connect", 0, OPT_FLAG, udp_send_conf, unconnected,
        .help = "do not connect the socket: refusals are not told, anybody may reply"),
    OPT("broadcast", 0, OPT_FLAG, udp_send_conf, broadcast, .excludes = "unix",
        .help = "HOST may be a broadcast address"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Datagrams", rows, 0},
    OPTIONS_TEXTS("Datagrams", struct udp_send_conf, texts),
    SHOW_GROUPS(struct udp_send_conf),
    OPTIONS_SHARED(struct udp_send_conf),
    {NULL, NULL, 0},
};

struct udp_send {
    struct call *call;
    const struct udp_send_conf *conf;
    const struct text *messages;
    struct destination whom;
    struct watch socket;
    bool full;         /* the system takes none now */
    int64_t no_buffer; /* since when it has had no buffer for any; 0: it has */
    struct outgoing input;
    struct dgram items[MOST_ONCE]; /* next .. count wait */
    size_t count, next;
    uint64_t sent, bytes, replies;
    int64_t last; /* when the last was sent, in loop_now's time */
    struct timer pace, trial, patience, idle;
    struct show show;
    bool over; /* with this status */
    int status;
};

static void finish(struct udp_send *u, int status) {
    if (!u->over) u->status = status;
    u->over = true;
    loop_stop(u->call->loop);
}

/* `what` is a format for the size. */
static void too_large(struct udp_send *u, const char *what, size_t size) {
    msg_error(what, size);
    finish(u, STATUS_FAILED);
}

static void idle_over(struct timer *t) {
    struct udp_send *u = container_of(t, struct udp_send, idle);
    char text[TEXT_SHORT];
    msg_error("nothing sent or received for %s (--idle)",
              text_duration(u->conf->common.idle, text));
    finish(u, STATUS_TIMEOUT);
}

static void not_idle(struct udp_send *u) {
    if (u->conf->common.idle) timer_start(u->call->loop, &u->idle, u->conf->common.idle, idle_over);
}

static void pump(struct udp_send *u);

/* --- which address --- */

static void socket_ready(struct watch *w, unsigned events);

/* While there is a stdin to send, what comes back meanwhile is shown. */
static bool wants_replies(const struct udp_send *u) {
    bool streaming = !u->input.words && !u->input.complete;
    return streaming || u->replies < (uint64_t)u->conf->replies;
}

static void update_socket(struct udp_send *u) {
    bool reading = destination_on_trial(&u->whom) || (wants_replies(u) && !u->show.out.full);
    watch_want(&u->socket, LOOP_HANGUP | (reading ? LOOP_READ : 0u) | (u->full ? LOOP_WRITE : 0u));
}

/* False: there is none any more (told). */
static bool open_next(struct udp_send *u) {
    struct cause cause = {0};
    watch_stop(&u->socket);
    if (destination_next(&u->whom, &cause) < 0) {
        finish(u, msg_cause(&cause));
        return false;
    }
    u->full = false;
    watch_start(u->call->loop, &u->socket, u->whom.fd, LOOP_HANGUP, socket_ready);
    update_socket(u);
    return true;
}

/* The address refuses: what was tried there goes to the next one. */
static void refused(struct udp_send *u, int error) {
    struct cause cause = {0};
    char text[ADDR_TEXT];
    timer_stop(&u->trial);
    if (!destination_on_trial(&u->whom)) {
        destination_cause(&u->whom, error, &cause);
        finish(u, msg_cause(&cause));
        return;
    }
    msg_note(1, "%s: %s", addr_text(&u->whom.to, text), lang_error(error));
    u->next = 0;
    u->sent = u->bytes = 0;
    if (open_next(u)) pump(u);
}

/* True when an answer to what was sent before says so. */
static bool check_refusal(struct udp_send *u) {
    int error = destination_error(&u->whom);
    if (error) refused(u, error);
    return error;
}

/* It did not refuse in time. */
static void trial_over(struct timer *t) {
    struct udp_send *u = container_of(t, struct udp_send, trial);
    timer_stop(t);
    destination_settle(&u->whom);
    pump(u);
}

/* --- replies --- */

static int64_t limit_of(const struct udp_send *u, int64_t otherwise) {
    return u->conf->common.timeout ? u->conf->common.timeout : otherwise;
}

static void waited(struct timer *t) {
    struct udp_send *u = container_of(t, struct udp_send, patience);
    char limit[TEXT_SHORT];
    bool all = u->conf->replies == REPLIES_ALL;
    text_duration(limit_of(u, REPLY_LIMIT), limit);
    if (all && u->replies == 0)
        msg_error("no reply came within %s", limit);
    else if (!all)
        msg_error("%llu of %lld replies came within %s", (unsigned long long)u->replies,
                  (long long)u->conf->replies, limit);
    finish(u, all && u->replies > 0 ? STATUS_OK : STATUS_TIMEOUT);
}

static void await_replies(struct udp_send *u, int64_t left) {
    char limit[TEXT_SHORT];
    text_duration(left, limit);
    if (u->conf->replies == REPLIES_ALL)
        msg_note(1, "waiting for replies, for %s", limit);
    else
        msg_note(1, "waiting for a reply (%llu of %lld came), %s at most",
                 (unsigned long long)u->replies, (long long)u->conf->replies, limit);
    timer_start(u->call->loop, &u->patience, left, waited);
}

static void all_sent(struct udp_send *u) {
    int64_t now = loop_now(u->call->loop),
            left = limit_of(u, REPLY_LIMIT) - (u->sent > 0 ? now - u->last : 0);
    if (check_refusal(u)) return;
    if (u->replies >= (uint64_t)u->conf->replies)
        finish(u, STATUS_OK);
    else /* the end of stdin may have come long after */
        await_replies(u, left);
}

static void receive(struct udp_send *u) {
    const struct dgram *items;
    int n = dgram_receive(u->whom.batch, &u->whom.socket, &items);
    if (n < 0 && dgram_full_now(errno)) return;
    if (n < 0) {
        refused(u, errno);
        return;
    }
    not_idle(u);
    for (int i = 0; i < n && wants_replies(u); i++) {
        if (destination_is_self(&u->whom, &items[i])) continue;
        show_received(&u->show, &items[i]);
        u->replies++;
    }
    output_flush(&u->show.out);
    update_socket(u);
    if (destination_on_trial(&u->whom)) trial_over(&u->trial);
    if (timer_running(&u->patience) && !wants_replies(u)) finish(u, STATUS_OK);
}

static void socket_ready(struct watch *w, unsigned events) {
    struct udp_send *u = container_of(w, struct udp_send, socket);
    uint64_t before = u->sent + u->replies;
    if (events & LOOP_WRITE && u->full) {
        u->full = false;
        update_socket(u);
        pump(u);
    } else if (w->want & LOOP_READ) {
        receive(u);
    } else {
        check_refusal(u);
    }
    if (u->sent + u->replies == before) watch_stalled(w);
}

static void output_changed(void *owner) {
    struct udp_send *u = owner;
    if (u->whom.fd >= 0) update_socket(u);
    if (u->show.out.status) finish(u, u->show.out.status);
}

/* --- sending --- */

static void pace_over(struct timer *t) { pump(container_of(t, struct udp_send, pace)); }

/* A queue below the socket is full: nobody tells when it is not. */
static void wait_for_buffers(struct udp_send *u) {
    int64_t now = loop_now(u->call->loop);
    if (u->no_buffer == 0) u->no_buffer = now;
    if (now - u->no_buffer > NO_BUFFER_LIMIT)
        refused(u, ENOBUFS);
    else
        timer_start(u->call->loop, &u->pace, DGRAM_PAUSE, pace_over);
}

/* Unconnected, a Unix socket does whatever waits for the peer. */
static bool polls_writable(const struct udp_send *u) {
    return u->whom.everybody && addr_family(&u->whom.to) == AF_UNIX;
}

static void cannot(struct udp_send *u, const struct dgram *d, int error) {
    if (error == ENOBUFS) {
        wait_for_buffers(u);
    } else if (dgram_full_now(error) && polls_writable(u)) {
        timer_start(u->call->loop, &u->pace, DGRAM_PAUSE, pace_over);
    } else if (dgram_full_now(error)) {
        u->full = true;
        update_socket(u);
    } else if (error == EMSGSIZE) {
        too_large(u,
                  u->conf->block ? "cannot send a block of %zu bytes: too large for a datagram"
                  : u->call->count > 0
                      ? "cannot send a MESSAGE of %zu bytes: too large for a datagram"
                      : "cannot send a line of %zu bytes: too large for a datagram",
                  d->size);
    } else {
        refused(u, error);
    }
}

static void took(struct udp_send *u, size_t n) {
    for (; n > 0; n--) {
        const struct dgram *d = &u->items[u->next++];
        u->sent++;
        u->bytes += d->size;
        if (u->conf->show.output.dump)
            show_sent(&u->show,
                      &(struct dgram){.bytes = d->bytes, .size = d->size, .peer = &u->whom.to});
    }
    u->last = loop_now(u->call->loop);
    u->no_buffer = 0;
    not_idle(u);
}

/* The first datagram goes alone while another address is left. True: go on. */
static bool tried(struct udp_send *u) {
    if (check_refusal(u)) return false;
    if (destination_is_near(&u->whom)) { /* it would have refused by now */
        destination_settle(&u->whom);
        update_socket(u);
        return true;
    }
    timer_start(u->call->loop, &u->trial, REFUSAL_LIMIT, trial_over);
    return false;
}

/* Nobody is at a Unix path now, which an unconnected socket is told all the same. */
static bool is_untold(const struct udp_send *u, int error) {
    return u->conf->unconnected && !destination_on_trial(&u->whom) &&
           (error == ECONNREFUSED || error == ENOENT);
}

/* All that waits. True: the system took it. */
static bool send_items(struct udp_send *u) {
    while (u->next < u->count) {
        const struct dgram *first = &u->items[u->next];
        int n = dgram_send(u->whom.batch, &u->whom.socket, first, u->count - u->next);
        if (n < 0 && is_untold(u, errno)) n = 1;
        if (n < 0) {
            cannot(u, first, errno);
            return false;
        }
        took(u, (size_t)n);
    }
    /* an address of which nothing was asked has not been tried */
    return !destination_on_trial(&u->whom) || u->sent == 0 || tried(u);
}

static void produce(struct udp_send *u, size_t most) {
    u->next = 0;
    u->count = outgoing_take(&u->input, u->items, most);
    for (size_t i = 0; i < u->count; i++) u->items[i].peer = u->whom.everybody ? &u->whom.to : NULL;
}

/* One turn: sends what there is, and sees to it that the next turn comes. */
static void pump(struct udp_send *u) {
    int64_t interval = u->conf->interval;
    size_t most = interval ? 1 : MOST_ONCE;
    if (u->over || u->full || timer_running(&u->pace) || timer_running(&u->trial)) return;
    if (u->next == u->count) produce(u, destination_on_trial(&u->whom) ? 1 : most);
    bool sending = u->count > 0;
    if (!send_items(u)) return;
    produce(u, most);
    if (u->count == 0 && u->input.complete) {
        all_sent(u);
        return;
    }
    if (u->count > 0 || (sending && interval))
        timer_start(u->call->loop, &u->pace, interval ? interval : 1, pace_over);
    if (u->count == 0 && !outgoing_want(&u->input))
        too_large(u, "cannot send a line of more than %zu bytes: too large for a datagram",
                  OUTGOING_LINE);
}

static void input_ready(struct outgoing *o) { pump(container_of(o, struct udp_send, input)); }

static void input_failed(struct outgoing *o, int error) {
    msg_error("cannot read stdin: %s", lang_error(error));
    finish(container_of(o, struct udp_send, input), STATUS_FAILED);
}

/* --- the run --- */

static void exchange(struct udp_send *u) {
    char bytes[TEXT_SHORT];
    outgoing_start(&u->input, u->call->loop, !u->conf->show.output.raw, &u->show.screen);
    if (open_next(u)) pump(u);
    not_idle(u);
    loop_run(u->call->loop);
    call_drain(u->call, &u->show.out);
    outgoing_stop(&u->input);
    msg_note(1, trn("sent %llu datagram (%s)", "sent %llu datagrams (%s)", u->sent),
             (unsigned long long)u->sent, text_bytes(u->bytes, bytes));
}

static void release(struct udp_send *u) {
    struct timer *timers[] = {&u->pace, &u->trial, &u->patience, &u->idle};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) timer_stop(timers[i]);
    watch_stop(&u->socket);
    destination_free(&u->whom);
    free(u);
}

/* Returns 0, or the exit status, having told why. */
static int find(struct udp_send *u) {
    struct net_name target, source;
    struct cause cause = {0};
    if (where_target(u->call, SOCK_DGRAM, &target, &source) < 0) return STATUS_USAGE;
    u->messages = texts_messages(&u->conf->texts, u->call);
    if (!u->messages) return STATUS_USAGE;
    if (u->call->count > 0 && u->conf->block) {
        msg_error("--block cuts stdin: it excludes MESSAGEs");
        return STATUS_USAGE;
    }
    int found =
        destination_find(&u->whom, &target, &source, limit_of(u, OPTIONS_DIAL_LIMIT), &cause);
    return found == 0 || call_over(u->call) ? STATUS_OK : msg_cause(&cause);
}

/* Where MESSAGEs are sent and no reply is awaited nothing is shown, and stdout is of no interest.
 */
static int send_and_show(struct udp_send *u) {
    const struct udp_send_conf *conf = u->conf;
    bool shows = conf->replies > 0 || u->call->count == 0;
    int status = show_start(&u->show, u->call->loop, shows ? STDOUT_FILENO : -1, &conf->show);
    u->show.out.changed = output_changed;
    u->show.out.owner = u;
    if (!status) exchange(u);
    status = show_stop(&u->show);
    return status ? status : u->status;
}

static int run(struct call *call) {
    struct udp_send *u = mem_new(sizeof *u);
    const struct udp_send_conf *conf = call->conf;
    u->call = call;
    u->conf = conf;
    u->whom = (struct destination){.loop = call->loop,
                                   .options = &conf->common.sockopts,
                                   .broadcast = conf->broadcast,
                                   .unconnected = conf->unconnected,
                                   .fd = -1};
    int status = find(u);
    u->input = (struct outgoing){.words = call->count > 0 ? u->messages : NULL,
                                 .count = (size_t)call->count,
                                 .repeat = conf->repeat,
                                 .quit_word = conf->quit_word,
                                 .block = (size_t)conf->block,
                                 .ready = input_ready,
                                 .failed = input_failed};
    if (!status && !call_over(call)) status = send_and_show(u);
    release(u);
    return status;
}

const struct applet applet_udp_send = {
    .name = "udp-send",
    .summary = "Send each MESSAGE or line of stdin as a datagram; show replies",
    .operands = "[HOST[:PORT] | HOST PORT] [MESSAGE]...",
    .schemes = "unix:",
    .groups = groups,
    .conf_size = size_led_by(struct udp_send_conf, common),
    .defaults = &defaults,
    .run = run,
};
