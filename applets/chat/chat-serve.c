/* chat-serve: a room for many. What is said is one log; a member is a place in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applets/chat/bucket.h"
#include "applets/chat/history.h"
#include "applets/chat/room.h"
#include "applets/chat/roster.h"
#include "applets/chat/subscriber.h"
#include "common/base/fanout.h"
#include "common/base/mem.h"
#include "common/cli/applet.h"
#include "common/cli/ready.h"
#include "common/io/display.h"
#include "common/net/listen.h"
#include "common/serve/lines.h"

#define PIECES 16 /* of a write to a member */
/* private lines that wait for a member: then its input waits too */
#define PRIVATE_MOST ((size_t)64 * 1024)

struct chat_serve_conf {
    struct common_conf common;
    struct server_conf server;
    uint64_t buffer;
    int64_t history, rate;
    const char *log;
};

static const struct chat_serve_conf defaults = {.server = SERVER_CONF_DEFAULTS, .buffer = 1 << 20};

static const struct opt_row rows[] = {
    OPT("buffer", 0, OPT_SIZE, chat_serve_conf, buffer, .metavar = "SIZE", .min = 65536,
        .max = 1 << 30, .help = "of the room; a member that far behind is dropped (1M)"),
    OPT("history", 0, OPT_INTEGER, chat_serve_conf, history, .metavar = "N", .min = 0, .max = 10000,
        .help = "show a newcomer the last N lines said"),
    OPT("log", 0, OPT_STRING, chat_serve_conf, log, .metavar = "FILE", .values = "@file",
        .help = "append a transcript of the room to FILE"),
    OPT("rate", 0, OPT_INTEGER, chat_serve_conf, rate, .metavar = "N", .min = 1, .max = 1000000,
        .help = "at most N messages a second of each client; faster ones wait"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    APPLET_CLIENTS_GROUP(struct chat_serve_conf),
    APPLET_SERVER_GROUP(struct chat_serve_conf),
    APPLET_COMMON_GROUP(struct chat_serve_conf),
    {NULL, NULL, 0},
};

struct room {
    struct call *call;
    const struct chat_serve_conf *conf;
    struct lines_server server;
    struct fanout log;
    /* no member is further back; brought up to date when the ring would overrun it */
    uint64_t slowest;
    struct later turn; /* what was said in this turn is sent at its end */
    struct buf line;   /* the one being put together */
    struct history history;
    struct display display;
    struct roster roster;
    bool closing; /* nobody is told any more who leaves */
    int failure;
};

struct member {
    struct lines_session text;
    struct subscriber reader;
    uint64_t leave_at;          /* hears the log up to here, then is finished; UINT64_MAX: stays */
    bool blocked;               /* its socket is full */
    struct roster_entry called; /* there as long as the others have not heard that it left */
    struct bucket bucket;       /* --rate */
    struct timer token;
};

static struct member *of_text(struct lines_session *t) {
    return container_of(t, struct member, text);
}

static struct room *room_of(const struct member *m) { return lines_owner(&m->text); }

static struct stream *stream_of(struct member *m) { return &m->text.session.stream; }

static bool is_open(const struct member *m) { return m->text.session.state == SESSION_OPEN; }

static struct member *first_member(const struct room *r) {
    struct session *s = r->server.server.sessions;
    return s ? container_of(s, struct member, text.session) : NULL;
}

static struct member *next_member(const struct member *m) {
    struct session *s = m->text.session.next;
    return s ? container_of(s, struct member, text.session) : NULL;
}

/* --- writing to members: one write for all that one lacks --- */

static uint64_t end_for(const struct member *m) {
    uint64_t end = room_of(m)->log.end;
    return m->leave_at < end ? m->leave_at : end;
}

static bool lacks(const struct member *m) { return subscriber_lacks(&m->reader, end_for(m)); }

static bool may_speak(const struct member *m) {
    return m->reader.notes.size <= PRIVATE_MOST && !timer_running(&m->token) &&
           m->leave_at == UINT64_MAX;
}

static void write_to(struct member *m) {
    struct iovec pieces[PIECES];
    size_t all, n = 0;
    if (!is_open(m)) return;
    do {
        int count =
            subscriber_gather(&m->reader, &room_of(m)->log, end_for(m), pieces, PIECES, &all);
        if (all > 0) n = stream_try(stream_of(m), pieces, count);
        subscriber_took(&m->reader, end_for(m), n);
    } while (all > 0 && n == all && lacks(m));
    if (!is_open(m)) return;
    m->blocked = lacks(m);
    stream_ask_space(stream_of(m), m->blocked);
    if (!m->blocked && m->leave_at <= m->reader.position) session_finish(&m->text.session);
    if (may_speak(m)) lines_resume(&m->text);
}

static void write_to_all(struct room *r) {
    struct member *next;
    for (struct member *m = first_member(r); m; m = next) {
        next = next_member(m);
        if (!m->blocked) write_to(m);
    }
    if (msg_level() >= 0) display_show(&r->display);
}

static void turn_over(struct later *l) { write_to_all(container_of(l, struct room, turn)); }

/* --- the log --- */

static uint64_t find_slowest(const struct room *r) {
    uint64_t slowest = r->log.end;
    for (const struct member *m = first_member(r); m; m = next_member(m))
        if (is_open(m) && m->reader.position < slowest) slowest = m->reader.position;
    return slowest;
}

static void gone(struct member *m, const char *why);

/* Who does not read is dropped when the ring comes round to where it stands; who merely had no turn
 * yet gets it now. */
static void make_room(struct room *r, size_t size) {
    struct member *next;
    if (fanout_room(&r->log, r->slowest) >= size) return;
    write_to_all(r);
    for (struct member *m = first_member(r); m; m = next) {
        next = next_member(m);
        if (!is_open(m) || fanout_room(&r->log, m->reader.position) >= size) continue;
        m->reader.position = r->log.end;
        gone(m, "it did not read");
        session_close(&m->text.session, STATUS_OK);
    }
    r->slowest = find_slowest(r);
}

/* r->line, said to all. */
static void say_line(struct room *r) {
    struct buf line = r->line;
    r->line = (struct buf){0}; /* making room may say lines of its own */
    buf_put(&line, "\n", 1);
    make_room(r, line.size);
    fanout_append(&r->log, buf_at(&line), line.size);
    history_write(&r->history, buf_at(&line), line.size);
    later_run(r->call->loop, &r->turn, turn_over);
    if (r->line.size == 0) {
        buf_clear(&line);
        r->line = line;
    } else {
        buf_free(&line);
    }
}

static void tell(struct member *m, const char *text, size_t size) {
    struct room *r = room_of(m);
    subscriber_note(&m->reader, r->log.end, text, size);
    if (m->reader.notes.size > PRIVATE_MOST) lines_pause(&m->text);
    later_run(r->call->loop, &r->turn, turn_over);
}

static void tellf(struct member *m, const char *fmt, ...) MSG_PRINTF(2, 3);

static void tellf(struct member *m, const char *fmt, ...) {
    char text[2 * ROOM_NAME_BYTES + 256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    tell(m, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

/* --- coming, being called, going --- */

static void gone(struct member *m, const char *why) {
    struct room *r = room_of(m);
    if (!m->called.name) return;
    if (!r->closing)
        buf_format(&r->line, "* %s left%s%s%s", m->called.name, why ? " (" : "", why ? why : "",
                   why ? ")" : "");
    roster_leave(&m->called);
    if (!r->closing) say_line(r);
}

/* It hears what was said up to now, and ends. */
static void leave(struct member *m) {
    struct room *r = room_of(m);
    lines_pause(&m->text);
    m->leave_at = r->log.end;
    gone(m, NULL);
    later_run(r->call->loop, &r->turn, turn_over);
}

static void tell_who(struct member *m) {
    struct buf line = {0};
    buf_format(&line, "* here:");
    roster_list(&room_of(m)->roster, &line);
    tell(m, buf_at(&line), line.size);
    buf_free(&line);
}

static void on_open(struct lines_session *t) {
    struct member *m = of_text(t);
    struct room *r = room_of(m);
    m->leave_at = UINT64_MAX;
    bucket_start(&m->bucket, (double)r->conf->rate, loop_now(r->call->loop));
    roster_enter(&r->roster, &m->called);
    buf_format(&r->line, "* %s joined", m->called.name);
    say_line(r);
    m->reader.position = r->log.end;
    tellf(m, ROOM_WELCOME "%s (/help lists the commands)", m->called.name);
    tell_who(m);
    const struct buf *line;
    for (uint64_t i = 0; (line = history_line(&r->history, i)); i++)
        tell(m, buf_at(line), line->size);
    write_to(m); /* now: in a storm of joins none has to keep its list of all who are there */
}

static void on_closed(struct lines_session *t) {
    struct member *m = of_text(t);
    gone(m, NULL);
    timer_stop(&m->token);
    subscriber_free(&m->reader);
}

/* --- what members say --- */

static void change_name(struct member *m, const struct room_line *l) {
    struct room *r = room_of(m);
    const char *fault = room_name_fault(l->name, l->name_size);
    struct roster_entry *other = fault ? NULL : roster_find(&r->roster, l->name, l->name_size);
    if (fault) {
        tellf(m, "! %s", fault);
    } else if (other && other != &m->called) {
        tellf(m, "! %s is here already", other->name);
    } else {
        buf_format(&r->line, "* %s is now %.*s", m->called.name, (int)l->name_size, l->name);
        roster_rename(&m->called, l->name, l->name_size);
        say_line(r);
    }
}

static void whisper(struct member *m, const struct room_line *l) {
    struct buf line = {0};
    struct roster_entry *found = room_name_fault(l->name, l->name_size)
                                     ? NULL
                                     : roster_find(&room_of(m)->roster, l->name, l->name_size);
    struct member *to = found ? container_of(found, struct member, called) : NULL;
    room_whisper(&line, l, m->called.name, to ? to->called.name : NULL);
    tell(m, buf_at(&line), line.size);
    if (to && to != m) tell(to, buf_at(&line), line.size);
    buf_free(&line);
}

static void say(struct member *m, const struct room_line *l) {
    struct room *r = room_of(m);
    room_speak(&r->line, l, m->called.name);
    history_keep(&r->history, buf_at(&r->line), r->line.size);
    say_line(r);
}

static void token_came(struct timer *t) {
    struct member *m = container_of(t, struct member, token);
    if (may_speak(m)) lines_resume(&m->text);
}

static void spend_token(struct member *m) {
    struct loop *loop = room_of(m)->call->loop;
    int64_t wait = bucket_spend(&m->bucket, loop_now(loop));
    if (wait == 0) return;
    lines_pause(&m->text);
    timer_start(loop, &m->token, wait, token_came);
}

static bool on_message(struct lines_session *t, const char *text, size_t size) {
    struct member *m = of_text(t);
    struct room_line l;
    room_read(&l, text, size);
    spend_token(m);
    switch (l.wish) {
    case ROOM_NOTHING:
        break;
    case ROOM_SAY:
    case ROOM_ME:
        say(m, &l);
        break;
    case ROOM_NICK:
        change_name(m, &l);
        break;
    case ROOM_WHO:
        tell_who(m);
        break;
    case ROOM_MSG:
        whisper(m, &l);
        break;
    case ROOM_HELP:
        for (const char *const *line = room_help; *line; line++) tellf(m, "* %s", *line);
        break;
    case ROOM_QUIT:
        leave(m);
        break;
    case ROOM_FAULT:
        tellf(m, "! %s", l.fault);
        break;
    }
    return true;
}

static void on_too_long(struct lines_session *t) {
    tellf(of_text(t), "! a message has at most %zu bytes, this one has more than %zu",
          ROOM_MESSAGE_MOST, LINE_MOST);
}

static void on_end(struct lines_session *t) { leave(of_text(t)); }

static void on_space(struct lines_session *t) {
    struct member *m = of_text(t);
    m->blocked = false;
    write_to(m);
}

/* --- the server --- */

static void display_failed(struct display *d, int error) {
    struct room *r = container_of(d, struct room, display);
    if (error != EPIPE) msg_error("cannot write to stdout: %s", strerror(error));
    r->failure = error == EPIPE ? STATUS_SIGPIPE : STATUS_FAILED;
    loop_stop(r->call->loop);
}

static const struct lines_ops ops = {
    .session_size = sizeof(struct member),
    .open = on_open,
    .message = on_message,
    .too_long = on_too_long,
    .end = on_end,
    .space = on_space,
    .closed = on_closed,
};

static int open_room(struct room *r) {
    if (history_start(&r->history, (uint64_t)r->conf->history, r->conf->log) < 0) {
        msg_error("cannot write %s: %s", r->conf->log, strerror(errno));
        return STATUS_FAILED;
    }
    fanout_start(&r->log, (size_t)r->conf->buffer);
    display_start(&r->display, r->call->loop, &r->log, display_failed);
    return 0;
}

static void close_room(struct room *r) {
    display_free(&r->display);
    fanout_free(&r->log);
    history_free(&r->history);
    buf_free(&r->line);
}

static int serve_room(struct room *r, struct ready *ready, struct listeners *listeners) {
    const struct chat_serve_conf *conf = r->conf;
    int status = open_room(r);
    if (status) return status;
    lines_server_start(&r->server, r->call->loop, listeners, &conf->server, &conf->common, &ops,
                       false, r);
    status = ready_announce(ready, &conf->server, listeners);
    if (!status) {
        ready_confine(ready, &conf->server);
        loop_run(r->call->loop);
    }
    r->closing = true;
    lines_server_stop(&r->server);
    status = status ? status : r->failure ? r->failure : r->server.server.outcome;
    close_room(r);
    return status;
}

static int run(struct call *call) {
    struct room room = {.call = call, .conf = call->conf};
    struct listeners listeners;
    struct ready ready;
    if (applet_no_operands(call) < 0) return STATUS_USAGE;
    int status = ready_listen(&ready, call, &room.conf->server, SOCK_STREAM, &listeners);
    if (!status && !call_over(call)) status = serve_room(&room, &ready, &listeners);
    listen_close(&listeners);
    ready_withdraw(&ready);
    return status;
}

const struct applet applet_chat_serve = {
    .name = "chat-serve",
    .summary = "A chat room for many: what one says, all hear",
    .operands = "",
    .groups = groups,
    .conf_size = sizeof(struct chat_serve_conf),
    .defaults = &defaults,
    .run = run,
};
