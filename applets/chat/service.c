#include "applets/chat/service.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "applets/chat/name.h"
#include "applets/chat/room.h"
#include "common/base/lang.h"
#include "common/base/mem.h"

#define TELL_MOST 512              /* bytes of service_tell */
#define NAMES_MOST ((size_t)28672) /* bytes of a list of who is here */

/* The smallest log takes the largest line (no byte becomes more than 4: room_clean), and what a
 * newcomer is told. */
static_assert(4 * ROOM_MESSAGE_MOST + TELL_MOST <= SERVICE_BUFFER_LEAST, "a line fits the log");
static_assert(NAMES_MOST + (size_t)2 * TELL_MOST <= CHANNEL_OWN / 2, "so does a welcome");

static struct member *of_reader(struct subscriber *r) {
    return container_of(r, struct member, reader);
}

/* --- delivering --- */

static void deliver(struct subscriber *r) { of_reader(r)->ops->deliver(of_reader(r)); }

static void turn_over(struct later *l) {
    struct service *s = container_of(l, struct service, turn);
    for (struct subscriber *r = channel_first(&s->channel); r; r = channel_next(r)) deliver(r);
}

void service_took(struct member *m, size_t n) { channel_took(&m->service->channel, &m->reader, n); }

/* Early enough that the answers to a member's own lines never are why it is dropped. */
bool service_waits(struct member *m) {
    struct service_hub *hub = m->service->hub;
    size_t quarter = m->service->channel.log.size / 4;
    return m->reader.own > (quarter < CHANNEL_OWN / 2 ? quarter : CHANNEL_OWN / 2) ||
           (hub && hub->waits(hub, m));
}

/* --- saying --- */

/* s->line, to all. Who is cut off by it is still on the channel's list. */
static void publish(struct service *s, bool keep) {
    buf_put(&s->line, "\n", 1);
    channel_say(&s->channel, buf_at(&s->line), s->line.size, keep);
    transcript_write(&s->transcript, buf_at(&s->line), s->line.size);
    later_run(s->loop, &s->turn, turn_over);
    buf_clear(&s->line);
}

/* Only a room on a hub has guests. */
static void leave_hub(struct member *m, bool slow) {
    struct service_hub *hub = m->service->hub;
    if (hub && m->guest) hub->leave(hub, m, slow);
}

/* False: the others have been told before, or are told by the hub. */
static bool tell_of_leaving(struct member *m, bool slow) {
    struct service *s = m->service;
    leave_hub(m, slow);
    if (!m->called.name) return false;
    if (!s->closing) {
        room_left(&s->line, m->called.name, slow);
        publish(s, false);
    }
    roster_leave(&s->roster, &m->called);
    return true;
}

static void drop_one(struct service *s, struct member *m) {
    if (m->ops->missed) {
        channel_join(&s->channel, &m->reader);
        m->ops->missed(m);
    } else {
        tell_of_leaving(m, true);
        m->ops->drop(m);
    }
}

/* Each "left" may cut off others, who are told of in their turn. */
static void drop_late(struct service *s) {
    struct subscriber *late;
    while ((late = channel_late(&s->channel))) drop_one(s, of_reader(late));
}

static void say(struct service *s, bool keep) {
    publish(s, keep);
    drop_late(s);
}

/* --- telling one alone --- */

static void note(struct member *m, const char *lines, size_t size) {
    struct service *s = m->service;
    channel_note(&s->channel, &m->reader, lines, size);
    later_run(s->loop, &s->turn, turn_over);
    drop_late(s);
}

void service_tell(struct member *m, const char *fmt, ...) {
    char text[TELL_MOST + 1];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, TELL_MOST, tr_wire(fmt), args);
    va_end(args);
    size_t size = n < TELL_MOST ? (size_t)n : TELL_MOST - 1;
    text[size++] = '\n';
    note(m, text, size);
}

static void tell_who(struct member *m) {
    struct buf line = {0};
    buf_format(&line, "%s", tr_wire("* here:"));
    roster_list(&m->service->roster, &line, NAMES_MOST);
    buf_put(&line, "\n", 1);
    note(m, buf_at(&line), line.size);
    buf_free(&line);
}

void service_answer(struct member *m, const struct room_line *l) {
    if (l->wish == ROOM_WHO) tell_who(m);
    if (l->wish == ROOM_FAULT) service_tell(m, "! %s", l->fault);
    if (l->wish == ROOM_HELP)
        for (const char *const *line = room_help; *line; line++)
            service_tell(m, "* %s", tr_wire(*line));
}

/* --- coming and going --- */

void service_listen(struct service *s, struct member *m, const struct member_ops *ops) {
    *m = (struct member){.ops = ops, .service = s};
    channel_join(&s->channel, &m->reader);
}

void service_admit(struct member *m, const char *name) {
    struct service_hub *hub = m->service->hub;
    if (hub)
        hub->enter(hub, m, name);
    else
        roster_enter(&m->service->roster, &m->called, name);
}

/* The newcomer hears the log from behind the line that tells the others of it. */
void service_welcome(struct member *m, const char *name) {
    struct channel *c = &m->service->channel;
    if (!m->reader.log) channel_join(c, &m->reader);
    service_tell(m, ROOM_WELCOME, name);
    tell_who(m);
    channel_replay(c, &m->reader);
    drop_late(m->service);
    m->ops->deliver(m); /* now: in a storm of joins nobody's list of names has to be kept */
}

void service_enter(struct service *s, struct member *m, const struct member_ops *ops) {
    *m = (struct member){.ops = ops, .service = s, .reader = {.end = UINT64_MAX}};
    if (s->hub) {
        s->hub->enter(s->hub, m, NULL);
        return;
    }
    roster_enter(&s->roster, &m->called, NULL);
    buf_format(&s->line, tr_wire("* %s joined"), m->called.name);
    say(s, false);
    service_welcome(m, m->called.name);
}

void service_end(struct member *m) {
    if (!m->ops->missed) m->reader.end = m->service->channel.log.end;
}

void service_leave(struct member *m) {
    if (!m->called.name) {
        leave_hub(m, false);
        return;
    }
    service_end(m);
    tell_of_leaving(m, false);
    drop_late(m->service);
}

void service_gone(struct member *m) {
    if (!m->service) return;
    channel_leave(&m->service->channel, &m->reader);
    if (tell_of_leaving(m, false)) drop_late(m->service);
    if (m->guest) m->service->hub->gone(m->service->hub, m);
}

/* --- what members ask for --- */

static void change_name(struct member *m, const struct room_line *l) {
    struct service *s = m->service;
    const char *fault = name_fault(l->name, l->name_size);
    struct roster_entry *other = fault ? NULL : roster_find(&s->roster, l->name, l->name_size);
    if (fault) {
        service_tell(m, "! %s", tr_wire(fault));
    } else if (other && other != &m->called) {
        service_tell(m, "! %s is here already", other->name);
    } else {
        buf_format(&s->line, tr_wire(ROOM_RENAMED), m->called.name, (int)l->name_size, l->name);
        roster_rename(&s->roster, &m->called, l->name, l->name_size);
        say(s, false);
    }
}

static struct member *find(struct service *s, const struct room_line *l) {
    if (name_fault(l->name, l->name_size)) return NULL;
    struct roster_entry *found = roster_find(&s->roster, l->name, l->name_size);
    return found ? container_of(found, struct member, called) : NULL;
}

void service_show_whisper(struct member *m, const struct room_line *l, const char *from,
                          const char *to) {
    struct buf line = {0};
    room_whisper(&line, l, from, to, tr_wire);
    buf_put(&line, "\n", 1);
    note(m, buf_at(&line), line.size);
    buf_free(&line);
}

static void whisper(struct member *m, const struct room_line *l) {
    struct member *to = find(m->service, l);
    const char *from = m->called.name, *name = to ? to->called.name : NULL;
    service_show_whisper(m, l, from, name);
    if (to && to != m) service_show_whisper(to, l, from, name);
}

void service_show_said(struct service *s, const struct room_line *l, const char *name) {
    room_speak(&s->line, l, name);
    say(s, true);
}

void service_remember(struct service *s, const struct room_line *l, const char *name) {
    room_speak(&s->line, l, name);
    buf_put(&s->line, "\n", 1);
    channel_keep(&s->channel, buf_at(&s->line), s->line.size);
    buf_clear(&s->line);
}

void service_show(struct service *s, const char *fmt, ...) {
    char text[TELL_MOST];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, tr_wire(fmt), args);
    va_end(args);
    buf_put(&s->line, text, strlen(text));
    say(s, false);
}

static void perform(struct member *m, const struct room_line *l) {
    switch (l->wish) {
    case ROOM_SAY:
    case ROOM_ME:
        service_show_said(m->service, l, m->called.name);
        break;
    case ROOM_NICK:
        change_name(m, l);
        break;
    case ROOM_MSG:
        whisper(m, l);
        break;
    case ROOM_QUIT:
        service_leave(m);
        break;
    default:
        service_answer(m, l);
        break;
    }
}

void service_hear(struct member *m, const char *text, size_t size) {
    struct service_hub *hub = m->service->hub;
    struct room_line l;
    if (!service_has(m) || service_leaves(m)) return;
    room_read(&l, text, size, tr_wire);
    if (l.wish == ROOM_NOTHING) return;
    if (hub)
        hub->hear(hub, m, &l);
    else
        perform(m, &l);
}

/* --- beginning and end --- */

int service_start(struct service *s, struct loop *loop, const struct service_conf *conf) {
    *s = (struct service){.loop = loop};
    if (transcript_start(&s->transcript, conf->log) < 0) {
        msg_error("cannot write %s: %s", conf->log, lang_error(errno));
        return STATUS_FAILED;
    }
    channel_start(&s->channel, (size_t)conf->buffer, (size_t)conf->history, deliver);
    return 0;
}

void service_close(struct service *s) { s->closing = true; }

void service_stop(struct service *s) {
    channel_free(&s->channel);
    roster_free(&s->roster);
    transcript_free(&s->transcript);
    buf_free(&s->line);
}
