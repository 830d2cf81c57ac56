#include "applets/chat/membership.h"

#include <stdlib.h>
#include <string.h>

#include "applets/chat/delivery.h"
#include "applets/chat/duo.h"
#include "applets/chat/room.h"
#include "applets/chat/talker.h"
#include "applets/chat/tally.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/sock.h"

#define ANSWER (2 * TEXT_NS_PER_S) /* for the room to answer to our name, or to welcome us */
/* For a room that neither ends nor speaks when we have left; less for a person whose last line was
 * answered. */
#define LAST_WORDS (5 * TEXT_NS_PER_S)
#define LAST_WORDS_SEEN TEXT_NS_PER_S

struct membership {
    struct loop *loop;
    const struct membership_conf *conf;
    const char *peer;
    struct frontend front;
    struct talker room;
    struct tally said;
    struct delivery delivery;
    struct timer wait; /* for the answer to our name, for the welcome, for the last words */
    char *name;        /* that the welcome gave us; NULL: not yet welcomed */
    bool doubted;      /* it was told that this may be no room */
    bool naming;       /* the answer to our own choice has not come */
    bool leaving;      /* nothing more is said */
    bool quitting;     /* the room is to be told that we leave, not merely that we say no more */
    bool urged;        /* a person has waited longer than usual */
    bool parted;       /* and this side is ending */
    bool farewell;     /* the last line heard was one */
    bool room_listens; /* a room of two, whose host will say no more and hears us */
    bool room_ended;   /* nothing more is heard */
    bool over;         /* the loop is to stop */
    bool answered;     /* the room has spoken since our last line */
    size_t refused;    /* lines of ours that the room has refused */
};

/* A person sees what becomes of a line; a script has the exit status. */
static bool is_person(const struct membership *m) { return m->front.console.typed; }

static void update(struct membership *m) {
    m->front.rests = m->leaving || m->naming;
    frontend_update(&m->front);
}

/* --- the end --- */

static size_t count_untaken(struct membership *m) {
    size_t lost = tally_left(&m->said, delivery_arrived(&m->room.stream));
    return m->leaving ? lost : lost + console_unread(&m->front.console);
}

static void finish(struct membership *m, int status) {
    if (m->over) return;
    m->over = true;
    size_t untaken = count_untaken(m), refused = is_person(m) ? 0 : m->refused;
    if (untaken > 0)
        msg_error(trn("%zu line was not taken by the room", "%zu lines were not taken by the room",
                      untaken),
                  untaken);
    if (refused > 0)
        msg_error(
            trn("%zu line was refused by the room", "%zu lines were refused by the room", refused),
            refused);
    frontend_end(&m->front, status ? status : untaken || refused ? STATUS_FAILED : STATUS_OK);
}

static void fail(struct membership *m, int error) {
    if (m->over) return;
    msg_error("connection with %s: %s", m->peer, lang_error(error));
    finish(m, STATUS_FAILED);
}

/* As far as can be told: the room has spoken since. */
static bool is_heard(const struct membership *m) { return m->answered || m->said.end == 0; }

static void finish_silent(struct membership *m) {
    if (!is_heard(m)) msg_error("%s has not answered: it may have heard nothing", m->peer);
    finish(m, is_heard(m) ? STATUS_OK : STATUS_TIMEOUT);
}

/* --- leaving --- */

static void send_line(struct membership *m, const char *text, size_t size, bool counts) {
    struct buf line = {0};
    buf_put(&line, text, size);
    buf_put(&line, "\n", 1);
    stream_send(&m->room.stream, buf_at(&line), line.size);
    tally_add(&m->said, line.size, counts);
    if (tally_is_long(&m->said)) tally_left(&m->said, delivery_arrived(&m->room.stream));
    buf_free(&line);
}

static void on_delivered(struct delivery *d, int error) {
    struct membership *m = container_of(d, struct membership, delivery);
    if (error) fail(m, error);
    if (m->room_ended) finish(m, STATUS_OK);
}

static void wait_for(struct membership *m, int64_t time);

/* In a room of two, "/quit" ends it for both; ending this side alone lets the other go on. */
static void part(struct membership *m) {
    if (m->quitting && m->name) send_line(m, "/quit", 5, false);
    m->parted = true;
    stream_shut(&m->room.stream);
    delivery_start(&m->delivery, &m->room.stream, on_delivered);
    wait_for(m, is_person(m) && is_heard(m) ? LAST_WORDS_SEEN : LAST_WORDS);
}

/* Who has not been welcomed cannot know whether the other end is a room that knows "/quit". */
static void leave_room(struct membership *m, bool quitting) {
    if (m->leaving) return;
    m->leaving = true;
    m->quitting = quitting;
    if (quitting && !m->name && !m->answered && !is_person(m))
        wait_for(m, ANSWER);
    else
        part(m);
    update(m);
}

/* --- a program that is no room --- */

/* A room welcomes who comes, and says again what is typed. */
static void welcome(struct membership *m, const char *name, size_t size) {
    m->name = mem_format("%.*s", (int)size, name);
    console_keep_typed(&m->front.console, false);
}

static void doubt(struct membership *m) {
    if (m->name || m->doubted || !is_person(m)) return;
    m->doubted = true;
    msg_note(0,
             "%s has not welcomed us as a room does: lines go there as they are typed (to a "
             "program that is no room, 'sockkit connect' sends nothing else)",
             m->peer);
}

/* --- saying --- */

static bool is_quit(const struct membership *m, const char *text, size_t size) {
    const char *word = m->conf->front->quit_word;
    struct room_line l;
    if (*word && size == strlen(word) && !memcmp(text, word, size)) return true;
    room_read(&l, text, size, tr_wire);
    return l.wish == ROOM_QUIT;
}

static void say(struct membership *m, const char *text, size_t size) {
    if (is_quit(m, text, size)) {
        leave_room(m, true);
    } else if (!m->leaving) {
        m->answered = false;
        send_line(m, text, size, true);
        doubt(m);
        update(m);
    }
}

static void on_line(struct frontend *f, const char *text, size_t size) {
    struct membership *m = container_of(f, struct membership, front);
    if (text)
        say(m, text, size);
    else
        leave_room(m, false);
}

/* Each line of it is one. */
static void say_message(struct membership *m, const struct text *message) {
    const char *at = message->bytes, *end = at + message->size, *newline;
    for (; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1)
        say(m, at, (size_t)(newline - at));
    say(m, at, (size_t)(end - at));
}

/* The messages of the command line, or those of stdin from now on. */
static void begin_talking(struct membership *m) {
    m->naming = false;
    timer_stop(&m->wait);
    for (int i = 0; i < m->conf->message_count; i++) say_message(m, &m->conf->messages[i]);
    if (m->conf->message_count > 0) leave_room(m, false);
    update(m);
}

/* --- waiting --- */

/* Nobody knows yet whether the room has been silent: it has not taken all, or stdout has not. */
static bool is_busy(const struct membership *m) {
    return !delivery_is_complete(&m->room.stream) || m->front.console.out.full;
}

static void urge(struct membership *m) {
    m->urged = true;
    wait_for(m, LAST_WORDS);
}

static void waited_enough(struct timer *t) {
    struct membership *m = container_of(t, struct membership, wait);
    if (m->naming) /* whoever this is, it does not answer to names */
        begin_talking(m);
    else if (!m->parted)
        part(m);
    else if (is_busy(m) && !(is_person(m) && m->urged))
        urge(m);
    else
        finish_silent(m);
}

static void wait_for(struct membership *m, int64_t time) {
    timer_start(m->loop, &m->wait, time, waited_enough);
}

/* --- hearing --- */

static bool ends_so(const char *text, size_t size, const char *end) {
    size_t n = strlen(end);
    return size >= n && !memcmp(text + size - n, end, n);
}

/* In whatever language the room speaks. */
static bool ends_with(const char *text, size_t size, const char *end) {
    return ends_so(text, size, end) || ends_so(text, size, lang_french(end));
}

/* The room may grant our name or refuse it; others may have one that looks like it. */
static void answer_to_name(struct membership *m, const char *text, size_t size) {
    bool refused = room_refuses(text, size),
         taken = m->name && room_renames(text, size, m->name, m->conf->name);
    if (refused && !is_person(m))
        frontend_end(&m->front, STATUS_FAILED);
    else if (refused || taken)
        begin_talking(m);
}

static void show(struct membership *m, const char *text, size_t size) {
    if (m->naming && room_refuses(text, size) && !is_person(m))
        msg_error("the room refused the name %s: %.*s", m->conf->name, (int)(size - 2), text + 2);
    else
        frontend_show(&m->front, text, size);
}

static void take_note(struct membership *m, const char *text, size_t size) {
    bool narrated = size > 1 && text[0] == '*';
    size_t given;
    const char *name = m->name ? NULL : room_welcomed(text, size, &given);
    if (name) welcome(m, name, given);
    if (!narrated && !room_refuses(text, size)) doubt(m);
    m->farewell = narrated && ends_with(text, size, DUO_FAREWELL);
    m->room_listens = m->room_listens || (narrated && ends_with(text, size, DUO_LISTENS));
    m->refused += !m->naming && room_refuses(text, size);
    m->answered = true;
}

static void on_heard(struct talker *t, enum line_kind kind, const char *text, size_t size) {
    struct membership *m = container_of(t, struct membership, room);
    if (kind != LINE_MESSAGE) {
        msg_error("a line of %s has more than %zu bytes: skipped", m->peer, LINE_MOST);
        return;
    }
    take_note(m, text, size);
    show(m, text, size);
    if (m->naming)
        answer_to_name(m, text, size);
    else if (m->leaving && !m->parted)
        part(m);
    else if (m->leaving && !is_person(m)) /* a slow room (--rate) is still at what we said */
        wait_for(m, LAST_WORDS);
    update(m); /* stdout may have become slow */
}

/* The host of a room of two that has ended its side still takes what we say (on_delivered). */
static void on_ended(struct talker *t) {
    struct membership *m = container_of(t, struct membership, room);
    bool said_all = m->leaving && delivery_is_complete(&t->stream);
    m->room_ended = true;
    if (said_all || m->farewell) {
        finish(m, STATUS_OK);
    } else if (!m->room_listens) {
        msg_error("%s closed the connection", m->peer);
        finish(m, STATUS_FAILED);
    }
}

static void on_space(struct talker *t) { update(container_of(t, struct membership, room)); }

static void on_failed(struct talker *t, int error) {
    struct membership *m = container_of(t, struct membership, room);
    if (m->farewell) {
        finish(m, STATUS_OK);
    } else if (error) {
        fail(m, error);
    } else {
        msg_error("connection with %s: no byte either way for the time of --idle", m->peer);
        finish(m, STATUS_TIMEOUT);
    }
}

/* --- the whole --- */

static void ask_for_name(struct membership *m) {
    char *nick = mem_format("/nick %s", m->conf->name);
    m->naming = true;
    send_line(m, nick, strlen(nick), false);
    wait_for(m, ANSWER);
    free(nick);
}

static void start(struct membership *m, int fd) {
    m->room = (struct talker){.idle = m->conf->idle,
                              .heard = on_heard,
                              .ended = on_ended,
                              .space = on_space,
                              .failed = on_failed};
    frontend_start(&m->front, m->loop, m->conf->front, on_line);
    console_keep_typed(&m->front.console, true);
    talker_start(&m->room, m->loop, fd);
    m->front.wire = &m->room.stream;
    if (m->conf->name)
        ask_for_name(m);
    else
        begin_talking(m);
}

int membership_run(struct call *call, int fd, const char *peer,
                   const struct membership_conf *conf) {
    struct membership m = {.loop = call->loop, .peer = peer, .conf = conf};
    start(&m, fd);
    if (!m.front.status) loop_run(call->loop);
    delivery_stop(&m.delivery);
    if (m.room.stream.broken) sock_reset(fd); /* the room must not take what it has for all */
    talker_stop(&m.room);
    timer_stop(&m.wait);
    tally_free(&m.said);
    free(m.name);
    return frontend_stop(&m.front, call);
}
