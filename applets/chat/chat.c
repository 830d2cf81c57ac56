/* chat: a member of a room; with --listen (host.c) a room of two without a server. */
#include <stdlib.h>
#include <string.h>

#include "applets/chat/duo.h"
#include "applets/chat/frontend.h"
#include "applets/chat/host.h"
#include "applets/chat/name.h"
#include "applets/chat/room.h"
#include "applets/chat/talker.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/cli/where.h"
#include "common/net/dial.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define NAME_ANSWER (2 * TEXT_NS_PER_S) /* for the room to take our name, or not */
/* for a room that neither closes nor speaks when we have left */
#define LAST_WORDS (5 * TEXT_NS_PER_S)

struct chat_conf {
    struct common_conf common;
    struct server_conf server;
    struct frontend_conf front;
    bool listen;
    const char *name;
};

static const struct chat_conf defaults = {.server = SERVER_CONF_DEFAULTS,
                                          .front = {.quit_word = "stop"}};

static const char *parse_name(void *field, const char *value) {
    *(const char **)field = value;
    return name_fault(value, strlen(value));
}

static const struct opt_row rows[] = {
    OPT("name", 0, OPT_CUSTOM, chat_conf, name, .metavar = "NAME", .parse = parse_name,
        .help = "be called NAME"),
    OPT("listen", 0, OPT_FLAG, chat_conf, listen,
        .help = "two people, no server: wait for one peer (another chat, or nc)"),
    OPT("quit-word", 0, OPT_STRING, chat_conf, front.quit_word, .metavar = "WORD",
        .flags = OPT_EMPTY_OK, .help = "a line that is WORD leaves, unsaid ('stop'; empty: none)"),
    OPT("timestamps", 0, OPT_FLAG, chat_conf, front.timestamps,
        .help = "show the time in front of each line"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    OPTIONS_OUTPUT(raw, struct chat_conf, front.output),
    OPTIONS_SERVER(struct chat_conf),
    OPTIONS_SHARED(struct chat_conf),
    {NULL, NULL, 0},
};

struct member {
    struct call *call;
    const struct chat_conf *conf;
    struct frontend front;
    struct talker room;
    char peer[ADDR_TEXT];
    struct timer wait; /* for the answer to our name, then for the room's last words */
    bool naming;       /* the answer to our name has not come */
    char *renaming;    /* the answer that grants the name; NULL: not yet welcomed */
    bool leaving;      /* nothing more is said */
    bool farewell;     /* the last line heard was one */
};

static bool is_quit(const struct member *m, const char *text, size_t size) {
    const char *word = m->conf->front.quit_word;
    if (size == 5 && !memcmp(text, "/quit", 5)) return true;
    return *word && size == strlen(word) && !memcmp(text, word, size);
}

static void update(struct member *m) {
    m->front.rests = m->leaving || m->naming;
    frontend_update(&m->front);
}

/* --- leaving --- */

/* True while something that was said has not reached the room's system. */
static bool on_its_way(const struct member *m) {
    return stream_waiting(&m->room.stream) > 0 ||
           sysinfo_unacknowledged(m->room.stream.fd, true) > 0;
}

static void waited_enough(struct timer *t) {
    struct member *m = container_of(t, struct member, wait);
    if (m->naming) { /* whoever this is, it does not answer to names */
        m->naming = false;
        update(m);
    } else if (on_its_way(m) || m->front.console.out.full) {
        timer_start(m->call->loop, t, LAST_WORDS, waited_enough);
    } else {
        frontend_end(&m->front, STATUS_OK);
    }
}

static void leave_room(struct member *m) {
    if (m->leaving) return;
    m->leaving = true;
    stream_shut(&m->room.stream);
    timer_start(m->call->loop, &m->wait, LAST_WORDS, waited_enough);
    update(m);
}

/* --- saying --- */

static void say(struct member *m, const char *text, size_t size) {
    struct buf line = {0};
    if (m->leaving || is_quit(m, text, size)) {
        leave_room(m);
        return;
    }
    buf_put(&line, text, size);
    buf_put(&line, "\n", 1);
    stream_send(&m->room.stream, buf_at(&line), line.size);
    buf_free(&line);
    update(m);
}

static void on_line(struct frontend *f, const char *text, size_t size) {
    struct member *m = container_of(f, struct member, front);
    if (text)
        say(m, text, size);
    else
        leave_room(m);
}

/* The messages of the command line, or those of stdin from now on. */
static void begin_talking(struct member *m) {
    m->naming = false;
    timer_stop(&m->wait);
    for (int i = 0; i < m->call->count; i++)
        say(m, m->call->operands[i], strlen(m->call->operands[i]));
    if (m->call->count > 0) leave_room(m);
    update(m);
}

/* --- hearing --- */

static bool ends_with(const char *text, size_t size, const char *end) {
    size_t n = strlen(end);
    return size >= n && !memcmp(text + size - n, end, n);
}

/* "! ..." refuses our name; others have one that looks like it, too. */
static void answer_to_name(struct member *m, const char *text, size_t size) {
    bool refused = size > 1 && text[0] == '!',
         taken = m->renaming && size == strlen(m->renaming) && !memcmp(text, m->renaming, size);
    if (!m->renaming) m->renaming = room_renaming(text, size, m->conf->name);
    if (refused && !m->front.console.typed)
        frontend_end(&m->front, STATUS_FAILED);
    else if (refused || taken)
        begin_talking(m);
}

static void show(struct member *m, const char *text, size_t size) {
    if (m->naming && size > 1 && text[0] == '!' && !m->front.console.typed)
        msg_error("the room refused the name %s: %.*s", m->conf->name, (int)(size - 2), text + 2);
    else
        frontend_show(&m->front, text, size);
}

static void on_heard(struct talker *t, enum line_kind kind, const char *text, size_t size) {
    struct member *m = container_of(t, struct member, room);
    if (kind != LINE_MESSAGE) {
        msg_error("a line of %s has more than %zu bytes: skipped", m->peer, LINE_MOST);
        return;
    }
    m->farewell = size > 1 && text[0] == '*' && ends_with(text, size, DUO_FAREWELL);
    show(m, text, size);
    if (m->naming) answer_to_name(m, text, size);
    /* A room that lets fast talkers wait (--rate) is still at what we said. */
    if (m->leaving && !m->front.console.typed)
        timer_start(m->call->loop, &m->wait, LAST_WORDS, waited_enough);
    update(m); /* stdout may have become slow */
}

static void on_ended(struct talker *t) {
    struct member *m = container_of(t, struct member, room);
    bool said_all = m->leaving && !on_its_way(m);
    if (!said_all && !m->farewell) msg_error("%s closed the connection", m->peer);
    frontend_end(&m->front, said_all || m->farewell ? STATUS_OK : STATUS_FAILED);
}

static void on_space(struct talker *t) { update(container_of(t, struct member, room)); }

static void on_connection_failed(struct talker *t, int error) {
    struct member *m = container_of(t, struct member, room);
    msg_error("connection with %s: %s", m->peer,
              error ? strerror(error) : "no byte either way for the time of --idle");
    frontend_end(&m->front, error ? STATUS_FAILED : STATUS_TIMEOUT);
}

/* --- joining --- */

static void ask_for_name(struct member *m) {
    char *nick = mem_format("/nick %s\n", m->conf->name);
    m->naming = true;
    timer_start(m->call->loop, &m->wait, NAME_ANSWER, waited_enough);
    stream_send(&m->room.stream, nick, strlen(nick));
    free(nick);
}

static void be_member(struct member *m, int fd) {
    m->room = (struct talker){.idle = m->conf->common.idle,
                              .heard = on_heard,
                              .ended = on_ended,
                              .space = on_space,
                              .failed = on_connection_failed};
    frontend_start(&m->front, m->call->loop, &m->conf->front, on_line);
    talker_start(&m->room, m->call->loop, fd);
    m->front.wire = &m->room.stream;
    if (m->conf->name)
        ask_for_name(m);
    else
        begin_talking(m);
    if (!m->front.status) loop_run(m->call->loop);
    talker_stop(&m->room);
    timer_stop(&m->wait);
    free(m->renaming);
}

static int join(struct call *call) {
    struct member m = {.call = call, .conf = call->conf};
    const struct common_conf *common = &m.conf->common;
    struct net_name target, source;
    struct addr peer;
    struct cause cause;
    if (where_target(call, SOCK_STREAM, &target, &source) < 0) return STATUS_USAGE;
    int fd = dial_wait(call->loop, &target, source.type ? &source : NULL, &common->sockopts,
                       common->timeout ? common->timeout : OPTIONS_DIAL_LIMIT, &peer, &cause);
    if (fd < 0) return call_over(call) ? STATUS_OK : msg_cause(&cause);
    addr_text(&peer, m.peer);
    msg_note(1, "connected to %s", m.peer);
    be_member(&m, fd);
    sock_close(fd);
    return frontend_stop(&m.front, call);
}

static int run(struct call *call) {
    const struct chat_conf *conf = call->conf;
    struct host_conf host = {
        .name = conf->name ? conf->name : "host", .front = &conf->front, .server = &conf->server};
    return conf->listen ? host_run(call, &host) : join(call);
}

const struct applet applet_chat = {
    .name = "chat",
    .summary = "Talk in a room, or with --listen two people without a server",
    .operands = "[HOST[:PORT] | HOST PORT] [MESSAGE]...",
    .groups = groups,
    .conf_size = size_led_by(struct chat_conf, common),
    .defaults = &defaults,
    .run = run,
};
