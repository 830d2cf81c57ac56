#include "applets/chat/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "applets/chat/bucket.h"
#include "applets/chat/display.h"
#include "applets/chat/history.h"
#include "applets/chat/name.h"
#include "applets/chat/room.h"
#include "applets/chat/roster.h"
#include "applets/chat/subscriber.h"
#include "applets/chat/transcript.h"
#include "common/base/fanout.h"
#include "common/base/mem.h"
#include "common/serve/responder.h"

#define PIECES 16 /* of a write to a member */
/* private lines that wait for a member: then its input waits too */
#define PRIVATE_MOST ((size_t)64 * 1024)

struct service {
    struct responder responder;
    struct loop *loop;
    const struct service_conf *conf;
    struct fanout log;
    /* No member is further back; brought up to date when the ring would overrun it. */
    uint64_t slowest;
    struct later turn; /* what was said in this turn is sent at its end */
    struct buf line;   /* the one being put together */
    struct history history;
    struct transcript transcript;
    struct display display;
    struct roster roster;
    bool closing; /* nobody is told any more who leaves */
};

struct member {
    struct lines_session lines;
    struct subscriber reader;
    uint64_t leave_at;          /* hears the log up to here, then is finished; UINT64_MAX: stays */
    bool blocked;               /* its socket is full */
    struct roster_entry called; /* there as long as the others have not heard that it left */
    struct bucket bucket;       /* --rate */
    struct timer token;
};

static struct member *of_lines(struct lines_session *t) {
    return container_of(t, struct member, lines);
}

static struct service *of_responder(struct responder *r) {
    return container_of(r, struct service, responder);
}

static struct service *service_of(const struct member *m) {
    return of_responder(responder_of_lines(&m->lines));
}

static struct stream *stream_of(struct member *m) { return &m->lines.session.stream; }

static bool is_open(const struct member *m) { return m->lines.session.state == SESSION_OPEN; }

static struct member *first_member(const struct service *s) {
    struct session *first = s->responder.clients.server.sessions;
    return first ? container_of(first, struct member, lines.session) : NULL;
}

static struct member *next_member(const struct member *m) {
    struct session *next = m->lines.session.next;
    return next ? container_of(next, struct member, lines.session) : NULL;
}

/* --- writing to members: one write for all that one lacks --- */

static uint64_t end_for(const struct member *m) {
    uint64_t end = service_of(m)->log.end;
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
            subscriber_gather(&m->reader, &service_of(m)->log, end_for(m), pieces, PIECES, &all);
        if (all > 0) n = stream_try(stream_of(m), pieces, count);
        subscriber_took(&m->reader, end_for(m), n);
    } while (all > 0 && n == all && lacks(m));
    if (!is_open(m)) return;
    m->blocked = lacks(m);
    stream_ask_space(stream_of(m), m->blocked);
    if (!m->blocked && m->leave_at <= m->reader.position) session_finish(&m->lines.session);
    if (may_speak(m)) lines_resume(&m->lines);
}

static void write_to_all(struct service *s) {
    struct member *next;
    for (struct member *m = first_member(s); m; m = next) {
        next = next_member(m);
        if (!m->blocked) write_to(m);
    }
    if (msg_level() >= 0) display_show(&s->display);
}

static void turn_over(struct later *l) { write_to_all(container_of(l, struct service, turn)); }

/* --- the log --- */

static uint64_t find_slowest(const struct service *s) {
    uint64_t slowest = s->log.end;
    for (const struct member *m = first_member(s); m; m = next_member(m))
        if (is_open(m) && m->reader.position < slowest) slowest = m->reader.position;
    return slowest;
}

static void gone(struct member *m, const char *why);

/* Who does not read is dropped when the ring comes round to where it stands; who merely had no turn
 * yet gets it now. */
static void make_room(struct service *s, size_t size) {
    struct member *next;
    if (fanout_space(&s->log, s->slowest) >= size) return;
    write_to_all(s);
    for (struct member *m = first_member(s); m; m = next) {
        next = next_member(m);
        if (!is_open(m) || fanout_space(&s->log, m->reader.position) >= size) continue;
        m->reader.position = s->log.end;
        gone(m, "it did not read");
        session_close(&m->lines.session, STATUS_OK);
    }
    s->slowest = find_slowest(s);
}

/* s->line, said to all. */
static void say_line(struct service *s) {
    struct buf line = s->line;
    s->line = (struct buf){0}; /* making room may say lines of its own */
    buf_put(&line, "\n", 1);
    make_room(s, line.size);
    fanout_append(&s->log, buf_at(&line), line.size);
    transcript_write(&s->transcript, buf_at(&line), line.size);
    later_run(s->loop, &s->turn, turn_over);
    if (s->line.size == 0) {
        buf_clear(&line);
        s->line = line;
    } else {
        buf_free(&line);
    }
}

static void tell(struct member *m, const char *text, size_t size) {
    struct service *s = service_of(m);
    subscriber_note(&m->reader, s->log.end, text, size);
    if (m->reader.notes.size > PRIVATE_MOST) lines_pause(&m->lines);
    later_run(s->loop, &s->turn, turn_over);
}

static void tellf(struct member *m, const char *fmt, ...) MSG_PRINTF(2, 3);

static void tellf(struct member *m, const char *fmt, ...) {
    char text[2 * NAME_BYTES + 256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    tell(m, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

/* --- coming, being called, going --- */

static void gone(struct member *m, const char *why) {
    struct service *s = service_of(m);
    if (!m->called.name) return;
    if (!s->closing)
        buf_format(&s->line, "* %s left%s%s%s", m->called.name, why ? " (" : "", why ? why : "",
                   why ? ")" : "");
    roster_leave(&m->called);
    if (!s->closing) say_line(s);
}

/* It hears what was said up to now, and ends. */
static void leave(struct member *m) {
    struct service *s = service_of(m);
    lines_pause(&m->lines);
    m->leave_at = s->log.end;
    gone(m, NULL);
    later_run(s->loop, &s->turn, turn_over);
}

static void tell_who(struct member *m) {
    struct buf line = {0};
    buf_format(&line, "* here:");
    roster_list(&service_of(m)->roster, &line);
    tell(m, buf_at(&line), line.size);
    buf_free(&line);
}

static void on_open(struct lines_session *t) {
    struct member *m = of_lines(t);
    struct service *s = service_of(m);
    m->leave_at = UINT64_MAX;
    bucket_start(&m->bucket, (double)s->conf->rate, loop_now(s->loop));
    roster_enter(&s->roster, &m->called);
    buf_format(&s->line, "* %s joined", m->called.name);
    say_line(s);
    m->reader.position = s->log.end;
    tellf(m, ROOM_WELCOME "%s (/help lists the commands)", m->called.name);
    tell_who(m);
    const struct buf *line;
    for (uint64_t i = 0; (line = history_line(&s->history, i)); i++)
        tell(m, buf_at(line), line->size);
    write_to(m); /* now: in a storm of joins none has to keep its list of all who are there */
}

static void on_closed(struct lines_session *t) {
    struct member *m = of_lines(t);
    gone(m, NULL);
    timer_stop(&m->token);
    subscriber_free(&m->reader);
}

/* --- what members say --- */

static void change_name(struct member *m, const struct room_line *l) {
    struct service *s = service_of(m);
    const char *fault = name_fault(l->name, l->name_size);
    struct roster_entry *other = fault ? NULL : roster_find(&s->roster, l->name, l->name_size);
    if (fault) {
        tellf(m, "! %s", fault);
    } else if (other && other != &m->called) {
        tellf(m, "! %s is here already", other->name);
    } else {
        buf_format(&s->line, "* %s is now %.*s", m->called.name, (int)l->name_size, l->name);
        roster_rename(&m->called, l->name, l->name_size);
        say_line(s);
    }
}

static void whisper(struct member *m, const struct room_line *l) {
    struct buf line = {0};
    struct roster_entry *found = name_fault(l->name, l->name_size)
                                     ? NULL
                                     : roster_find(&service_of(m)->roster, l->name, l->name_size);
    struct member *to = found ? container_of(found, struct member, called) : NULL;
    room_whisper(&line, l, m->called.name, to ? to->called.name : NULL);
    tell(m, buf_at(&line), line.size);
    if (to && to != m) tell(to, buf_at(&line), line.size);
    buf_free(&line);
}

static void say(struct member *m, const struct room_line *l) {
    struct service *s = service_of(m);
    room_speak(&s->line, l, m->called.name);
    history_keep(&s->history, buf_at(&s->line), s->line.size);
    say_line(s);
}

static void token_came(struct timer *t) {
    struct member *m = container_of(t, struct member, token);
    if (may_speak(m)) lines_resume(&m->lines);
}

static void spend_token(struct member *m) {
    struct loop *loop = service_of(m)->loop;
    int64_t wait = bucket_spend(&m->bucket, loop_now(loop));
    if (wait == 0) return;
    lines_pause(&m->lines);
    timer_start(loop, &m->token, wait, token_came);
}

static bool on_message(struct lines_session *t, const char *text, size_t size) {
    struct member *m = of_lines(t);
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
    tellf(of_lines(t), "! a message has at most %zu bytes, this one has more than %zu",
          ROOM_MESSAGE_MOST, LINE_MOST);
}

static void on_end(struct lines_session *t) { leave(of_lines(t)); }

static void on_space(struct lines_session *t) {
    struct member *m = of_lines(t);
    m->blocked = false;
    write_to(m);
}

/* --- the server --- */

static void display_failed(struct display *d) {
    responder_end(&container_of(d, struct service, display)->responder, d->out.status);
}

static int open_room(struct responder *r) {
    struct service *s = of_responder(r);
    const struct service_conf *conf = s->conf;
    if (transcript_start(&s->transcript, conf->log) < 0) {
        msg_error("cannot write %s: %s", conf->log, strerror(errno));
        return STATUS_FAILED;
    }
    history_start(&s->history, (uint64_t)conf->history);
    fanout_start(&s->log, (size_t)conf->buffer);
    if (msg_level() >= 0) display_start(&s->display, s->loop, &s->log, display_failed);
    return 0;
}

static void stop_telling(struct responder *r) { of_responder(r)->closing = true; }

static int close_room(struct responder *r) {
    struct service *s = of_responder(r);
    display_free(&s->display);
    fanout_free(&s->log);
    history_free(&s->history);
    transcript_free(&s->transcript);
    buf_free(&s->line);
    return 0;
}

int service_run(struct call *call, const struct server_conf *server,
                const struct service_conf *conf) {
    static const struct lines_ops lines = {
        .session_size = sizeof(struct member),
        .open = on_open,
        .message = on_message,
        .too_long = on_too_long,
        .end = on_end,
        .space = on_space,
        .closed = on_closed,
    };
    static const struct responder_ops ops = {
        .lines = &lines, .open = open_room, .finish = stop_telling, .close = close_room};
    struct service s = {.loop = call->loop, .conf = conf};
    return responder_run(&s.responder, call, server, &ops);
}
