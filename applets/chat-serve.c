/* chat-serve: a room for many. What is said is one log; a member is a place in it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/applet.h"
#include "common/fanout.h"
#include "common/mem.h"
#include "common/reader.h"
#include "common/ready.h"
#include "common/room.h"
#include "common/sandbox.h"
#include "common/sink.h"
#include "common/text.h"
#include "common/textserver.h"

#define PIECES 16                        /* of a write to a member */
#define PRIVATE_MOST ((size_t)64 * 1024) /* private lines that wait for a member: then its input waits too */

struct chat_serve_conf {
    struct common_conf common;
    struct server_conf server;
    uint64_t buffer;
    int64_t history, rate;
    const char *log;
};

static const struct chat_serve_conf defaults = {.server = SERVER_CONF_DEFAULTS, .buffer = 1 << 20};

static const struct opt_row rows[] = {
    OPT("buffer", 0, OPT_SIZE, chat_serve_conf, buffer, .metavar = "SIZE", .min = 65536, .max = 1 << 30,
        .help = "of the room; a member that far behind is dropped (1M)"),
    OPT("history", 0, OPT_INTEGER, chat_serve_conf, history, .metavar = "N", .min = 0, .max = 10000,
        .help = "show a newcomer the last N lines said"),
    OPT("log", 0, OPT_STRING, chat_serve_conf, log, .metavar = "FILE", .values = "@file", .help = "append a transcript of the room to FILE"),
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
    struct text_server server;
    struct fanout log;
    uint64_t slowest;     /* no member is further back; brought up to date when the ring would overrun it */
    struct later turn;    /* what was said in this turn is sent at its end */
    struct buf line;      /* the one being put together */
    struct buf *history;  /* the last lines said, `said` of them in all */
    uint64_t said;
    unsigned long guests; /* names given: user1, user2, ... */
    int transcript;
    bool closing;         /* nobody is told any more who leaves */
    struct sink out;
    struct watch out_watch;
    uint64_t out_position;
    int failure;
};

struct member {
    struct text_session text;
    struct reader reader;
    uint64_t leave_at; /* hears the log up to here, then is finished; UINT64_MAX: stays */
    bool blocked;      /* its socket is full */
    bool announced;    /* the others know it has come, and not that it has gone */
    char *name, *key;
    struct timer token; /* --rate */
    double tokens;
    int64_t counted;
};

static struct member *of_text(struct text_session *t) { return container_of(t, struct member, text); }
static struct room *room_of(const struct member *m) { return text_owner(&m->text); }
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

static bool lacks(const struct member *m) { return reader_lacks(&m->reader, end_for(m)); }

static bool may_speak(const struct member *m) {
    return m->reader.notes.size <= PRIVATE_MOST && !timer_running(&m->token) && m->leave_at == UINT64_MAX;
}

static void write_to(struct member *m) {
    struct iovec pieces[PIECES];
    size_t all, n = 0;
    do {
        int count = reader_gather(&m->reader, &room_of(m)->log, end_for(m), pieces, PIECES, &all);
        if (all > 0) n = stream_try(stream_of(m), pieces, count);
        reader_took(&m->reader, end_for(m), n);
    } while (all > 0 && n == all && lacks(m));
    if (!is_open(m)) return;
    m->blocked = lacks(m);
    stream_ask_space(stream_of(m), m->blocked);
    if (!m->blocked && m->leave_at <= m->reader.position) session_finish(&m->text.session);
    if (may_speak(m)) text_resume(&m->text);
}

static void show_room(struct room *r);

static void write_to_all(struct room *r) {
    struct member *next;
    for (struct member *m = first_member(r); m; m = next) {
        next = next_member(m);
        if (!m->blocked) write_to(m);
    }
    show_room(r);
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

/* Who does not read is dropped when the ring comes round to where it stands; who merely had no turn yet gets it now. */
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

static void write_transcript(struct room *r, const char *line, size_t size) {
    char stamp[TEXT_STAMP];
    struct buf entry = {0};
    if (r->transcript < 0) return;
    buf_format(&entry, "%s ", text_stamp(time(NULL), stamp));
    buf_put(&entry, line, size);
    if (write(r->transcript, buf_at(&entry), entry.size) != (ssize_t)entry.size) {
        msg_error("cannot write %s: %s; the transcript ends here", r->conf->log, strerror(errno));
        close(r->transcript);
        r->transcript = -1;
    }
    buf_free(&entry);
}

/* r->line, said to all. */
static void say_line(struct room *r) {
    struct buf line = r->line;
    r->line = (struct buf){0}; /* making room may say lines of its own */
    buf_put(&line, "\n", 1);
    make_room(r, line.size);
    fanout_append(&r->log, buf_at(&line), line.size);
    write_transcript(r, buf_at(&line), line.size);
    later_run(r->call->loop, &r->turn, turn_over);
    if (r->line.size == 0) {
        buf_clear(&line);
        r->line = line;
    } else {
        buf_free(&line);
    }
}

static void remember(struct room *r) {
    if (r->conf->history == 0) return;
    struct buf *place = &r->history[r->said++ % (uint64_t)r->conf->history];
    buf_clear(place);
    buf_put(place, buf_at(&r->line), r->line.size);
    buf_put(place, "\n", 1);
}

static void tell(struct member *m, const char *text, size_t size) {
    struct room *r = room_of(m);
    reader_note(&m->reader, r->log.end, text, size);
    if (m->reader.notes.size > PRIVATE_MOST) text_pause(&m->text);
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

static struct member *member_called(const struct room *r, const char *name, size_t size) {
    char key[ROOM_NAME_BYTES];
    room_name_key(name, size, key);
    for (struct member *m = first_member(r); m; m = next_member(m))
        if (m->announced && !strcmp(m->key, key)) return m;
    return NULL;
}

static void be_called(struct member *m, const char *name, size_t size) {
    char key[ROOM_NAME_BYTES];
    room_name_key(name, size, key);
    free(m->name);
    free(m->key);
    m->name = mem_format("%.*s", (int)size, name);
    m->key = mem_copy(key);
}

static void gone(struct member *m, const char *why) {
    struct room *r = room_of(m);
    if (!m->announced || r->closing) return;
    m->announced = false;
    buf_format(&r->line, "* %s left%s%s%s", m->name, why ? " (" : "", why ? why : "", why ? ")" : "");
    say_line(r);
}

/* It hears what was said up to now, and ends. */
static void leave(struct member *m) {
    struct room *r = room_of(m);
    text_pause(&m->text);
    m->leave_at = r->log.end;
    gone(m, NULL);
    later_run(r->call->loop, &r->turn, turn_over);
}

static void tell_who(struct member *m) {
    struct buf line = {0};
    buf_format(&line, "* here:");
    for (const struct member *o = first_member(room_of(m)); o; o = next_member(o))
        if (o->announced) buf_format(&line, " %s", o->name);
    tell(m, buf_at(&line), line.size);
    buf_free(&line);
}

static void name_guest(struct member *m) {
    struct room *r = room_of(m);
    char name[32];
    do snprintf(name, sizeof name, "user%lu", ++r->guests);
    while (member_called(r, name, strlen(name)));
    be_called(m, name, strlen(name));
}

static void on_open(struct text_session *t) {
    struct member *m = of_text(t);
    struct room *r = room_of(m);
    m->leave_at = UINT64_MAX;
    m->tokens = (double)r->conf->rate;
    m->counted = loop_now(r->call->loop);
    name_guest(m);
    m->announced = true;
    buf_format(&r->line, "* %s joined", m->name);
    say_line(r);
    m->reader.position = r->log.end;
    tellf(m, "* welcome, you are %s (/help lists the commands)", m->name);
    tell_who(m);
    uint64_t kept = (uint64_t)r->conf->history, from = r->said > kept ? r->said - kept : 0;
    for (uint64_t i = from; i < r->said; i++) tell(m, buf_at(&r->history[i % kept]), r->history[i % kept].size - 1);
}

static void on_closed(struct text_session *t) {
    struct member *m = of_text(t);
    gone(m, NULL);
    timer_stop(&m->token);
    reader_free(&m->reader);
    free(m->name);
    free(m->key);
}

/* --- what members say --- */

static void change_name(struct member *m, const struct room_line *l) {
    struct room *r = room_of(m);
    const char *fault = room_name_fault(l->name, l->name_size);
    const struct member *other = fault ? NULL : member_called(r, l->name, l->name_size);
    if (fault) {
        tellf(m, "! %s", fault);
    } else if (other && other != m) {
        tellf(m, "! %s is here already", other->name);
    } else {
        buf_format(&r->line, "* %s is now %.*s", m->name, (int)l->name_size, l->name);
        be_called(m, l->name, l->name_size);
        say_line(r);
    }
}

static void whisper(struct member *m, const struct room_line *l) {
    struct buf line = {0};
    struct member *to = room_name_fault(l->name, l->name_size) ? NULL : member_called(room_of(m), l->name, l->name_size);
    if (to) {
        buf_format(&line, "(%s -> %s) ", m->name, to->name);
        room_clean(&line, l->text, l->text_size);
        tell(m, buf_at(&line), line.size);
        if (to != m) tell(to, buf_at(&line), line.size);
    } else {
        buf_format(&line, "! nobody here is called ");
        room_clean(&line, l->name, l->name_size);
        tell(m, buf_at(&line), line.size);
    }
    buf_free(&line);
}

static void say(struct member *m, const struct room_line *l) {
    struct room *r = room_of(m);
    buf_format(&r->line, l->wish == ROOM_ME ? "(%s *) " : "(%s) ", m->name);
    room_clean(&r->line, l->text, l->text_size);
    remember(r);
    say_line(r);
}

static void token_came(struct timer *t) {
    struct member *m = container_of(t, struct member, token);
    m->tokens = 1;
    m->counted = loop_now(room_of(m)->call->loop);
    if (may_speak(m)) text_resume(&m->text);
}

/* A second's worth may come at once; then one token at a time. */
static void spend_token(struct member *m) {
    struct room *r = room_of(m);
    double rate = (double)r->conf->rate;
    int64_t now = loop_now(r->call->loop);
    if (r->conf->rate == 0) return;
    m->tokens += (double)(now - m->counted) / (double)TEXT_NS_PER_S * rate;
    if (m->tokens > rate) m->tokens = rate;
    m->counted = now;
    m->tokens -= 1;
    if (m->tokens >= 1) return;
    text_pause(&m->text);
    timer_start(r->call->loop, &m->token, (int64_t)((1 - m->tokens) / rate * (double)TEXT_NS_PER_S), token_came);
}

static bool on_message(struct text_session *t, const char *text, size_t size) {
    struct member *m = of_text(t);
    struct room_line l;
    room_read(&l, text, size);
    spend_token(m);
    switch (l.wish) {
    case ROOM_NOTHING: break;
    case ROOM_SAY:
    case ROOM_ME: say(m, &l); break;
    case ROOM_NICK: change_name(m, &l); break;
    case ROOM_WHO: tell_who(m); break;
    case ROOM_MSG: whisper(m, &l); break;
    case ROOM_HELP:
        for (const char *const *line = room_help; *line; line++) tellf(m, "* %s", *line);
        break;
    case ROOM_QUIT: leave(m); break;
    case ROOM_FAULT: tellf(m, "! %s", l.fault); break;
    }
    return true;
}

static void on_too_long(struct text_session *t) {
    tellf(of_text(t), "! a message has at most %zu bytes, this one has more than %zu", ROOM_MESSAGE_MOST, LINE_MOST);
}

static void on_end(struct text_session *t) { leave(of_text(t)); }

static void on_space(struct text_session *t) {
    struct member *m = of_text(t);
    m->blocked = false;
    write_to(m);
}

/* --- the room on stdout: one more reader; one that lags a whole ring behind misses lines, and is told --- */

static void show_room(struct room *r) {
    struct iovec pieces[2];
    enum sink_result result = SINK_MOVED;
    if (msg_level() < 0 || r->out_watch.want) return;
    if (r->out_position < fanout_oldest(&r->log)) {
        r->out_position = fanout_oldest(&r->log);
        msg_note(0, "stdout is slow: lines are missing there");
    }
    int count = fanout_pieces(&r->log, r->out_position, (size_t)r->conf->buffer, pieces);
    for (int i = 0; i < count && result != SINK_FAILED; i++) result = sink_put(&r->out, pieces[i].iov_base, pieces[i].iov_len);
    r->out_position = r->log.end;
    if (result == SINK_FULL) watch_want(&r->out_watch, LOOP_WRITE);
    if (result != SINK_FAILED) return;
    if (r->out.error != EPIPE) msg_error("cannot write to stdout: %s", strerror(r->out.error));
    r->failure = r->out.error == EPIPE ? STATUS_SIGPIPE : STATUS_FAILED;
    loop_stop(r->call->loop);
}

static void output_ready(struct watch *w, unsigned events) {
    struct room *r = container_of(w, struct room, out_watch);
    (void)events;
    if (sink_flush(&r->out) == SINK_FULL) return;
    watch_want(w, 0);
    show_room(r);
}

/* --- the server --- */

static const struct text_ops ops = {
    .session_size = sizeof(struct member),
    .open = on_open,
    .message = on_message,
    .too_long = on_too_long,
    .end = on_end,
    .space = on_space,
    .closed = on_closed,
};

static int open_transcript(struct room *r) {
    const char *file = r->conf->log;
    r->transcript = file ? open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    if (!file || r->transcript >= 0) return 0;
    msg_error("cannot write %s: %s", file, strerror(errno));
    return STATUS_FAILED;
}

static void open_room(struct room *r) {
    fanout_start(&r->log, (size_t)r->conf->buffer);
    if (r->conf->history) r->history = mem_new((size_t)r->conf->history * sizeof *r->history);
    sink_start(&r->out, STDOUT_FILENO);
    watch_start(r->call->loop, &r->out_watch, STDOUT_FILENO, 0, output_ready);
}

static void close_room(struct room *r) {
    watch_stop(&r->out_watch);
    sink_free(&r->out);
    fanout_free(&r->log);
    for (int64_t i = 0; i < r->conf->history; i++) buf_free(&r->history[i]);
    free(r->history);
    buf_free(&r->line);
    if (r->transcript >= 0) close(r->transcript);
}

static int serve_room(struct room *r, struct ready *ready, struct net_listeners *listeners) {
    const struct chat_serve_conf *conf = r->conf;
    open_room(r);
    text_server_start(&r->server, r->call->loop, listeners, &conf->server, &conf->common, &ops, false, r);
    int status = ready_announce(ready, &conf->server, listeners);
    if (!status) {
        int directories[] = {ready->directory, ready->path_directory};
        tzset();
        if (!conf->server.no_sandbox) sandbox_enter(directories, 2);
        loop_run(r->call->loop);
    }
    r->closing = true;
    text_server_stop(&r->server);
    status = status ? status : r->failure ? r->failure : r->server.server.outcome;
    close_room(r);
    return status;
}

static int run(struct call *call) {
    struct room room = {.call = call, .conf = call->conf};
    struct net_listeners listeners;
    struct ready ready;
    if (applet_no_operands(call) < 0) return STATUS_USAGE;
    int status = ready_listen(&ready, call, &room.conf->server, SOCK_STREAM, &listeners);
    if (!status && !call_over(call)) status = open_transcript(&room);
    if (!status && !call_over(call)) status = serve_room(&room, &ready, &listeners);
    net_listeners_close(&listeners);
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
