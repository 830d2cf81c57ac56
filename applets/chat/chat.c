/* chat: a member of a room; or, with --listen, a room of two without a server. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applets/chat/duo.h"
#include "applets/chat/room.h"
#include "applets/chat/talker.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/cli/applet.h"
#include "common/cli/ready.h"
#include "common/net/dial.h"
#include "common/net/listen.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"
#include "common/serve/lines.h"
#include "common/tty/console.h"

#define WAITING_MOST ((size_t)65536)    /* not sent yet: then no further line is read */
#define NAME_ANSWER (2 * TEXT_NS_PER_S) /* for the room to take our name, or not */
/* for a room that neither closes nor speaks when we have left */
#define LAST_WORDS (5 * TEXT_NS_PER_S)

struct chat_conf {
    struct common_conf common;
    struct server_conf server;
    bool listen, timestamps, raw;
    const char *name, *quit_word;
};

static const struct chat_conf defaults = {.server = SERVER_CONF_DEFAULTS, .quit_word = "stop"};

static const char *parse_name(void *field, const char *value) {
    *(const char **)field = value;
    return room_name_fault(value, strlen(value));
}

static const struct opt_row rows[] = {
    OPT("name", 0, OPT_CUSTOM, chat_conf, name, .metavar = "NAME", .parse = parse_name,
        .help = "be called NAME"),
    OPT("listen", 0, OPT_FLAG, chat_conf, listen,
        .help = "two people, no server: wait for one peer (another chat, or nc)"),
    OPT("quit-word", 0, OPT_STRING, chat_conf, quit_word, .metavar = "WORD", .flags = OPT_EMPTY_OK,
        .help = "a line that is WORD leaves, unsaid ('stop'; empty: none)"),
    OPT("timestamps", 0, OPT_FLAG, chat_conf, timestamps,
        .help = "show the time in front of each line"),
    OPT("raw", 0, OPT_FLAG, chat_conf, raw, .help = "let control characters through to a terminal"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    APPLET_SERVER_GROUP(struct chat_conf),
    APPLET_COMMON_GROUP(struct chat_conf),
    {NULL, NULL, 0},
};

struct chat {
    struct call *call;
    const struct chat_conf *conf;
    struct console console;
    int status;
    bool leaving, coloured; /* leaving: nothing more is said */

    /* a member of a room */
    struct talker room;
    char peer[ADDR_TEXT];
    struct timer wait; /* wait: for the answer to our name, then for the room's last words */
    bool naming;       /* the answer has not come */
    char *renaming;    /* what it will be, if it is yes; NULL: not yet welcomed */
    bool farewell;     /* the last line was one */

    /* a room of two */
    struct lines_server server;
    struct lines_session *guest; /* NULL: not yet */
    struct duo duo;
    struct listeners listeners;
    struct timer last_call; /* the guest has ended: what stdin has ready is still sent */
};

static void end(struct chat *c, int status) {
    if (!c->status) c->status = status;
    loop_stop(c->call->loop);
}

static bool is_quit(const struct chat *c, const char *text, size_t size) {
    const char *word = c->conf->quit_word;
    if (size == 5 && !memcmp(text, "/quit", 5)) return true;
    return *word && size == strlen(word) && !memcmp(text, word, size);
}

/* --- showing --- */

static void show(struct chat *c, const char *text, size_t size) {
    struct buf line = {0}, clean = {0};
    if (c->conf->timestamps) {
        time_t now = time(NULL);
        char stamp[16];
        strftime(stamp, sizeof stamp, "%H:%M:%S ", localtime(&now));
        buf_format(&line, "%s", stamp);
    }
    if (c->console.on_terminal && !c->conf->raw) { /* the room may be anybody's program */
        room_clean(&clean, text, size);
        text = buf_at(&clean);
        size = clean.size;
    }
    if (c->coloured)
        room_tint(&line, text, size);
    else
        buf_put(&line, text, size);
    console_show(&c->console, buf_at(&line), line.size);
    buf_free(&line);
    buf_free(&clean);
}

static void output_failed(struct console *console, int error) {
    struct chat *c = container_of(console, struct chat, console);
    if (error != EPIPE && !c->status) msg_error("cannot write to stdout: %s", strerror(error));
    end(c, error == EPIPE ? STATUS_SIGPIPE : STATUS_FAILED);
}

/* The connection, in either case. */
static struct stream *wire(struct chat *c) {
    return c->conf->listen ? c->guest ? &c->guest->session.stream : NULL : &c->room.stream;
}

/* While stdout is slow the peer waits, while the peer is slow stdin does. */
static void update(struct chat *c) {
    struct stream *s = wire(c);
    if (!s || !s->watch.loop) return;
    stream_read(s, !console_waits(&c->console));
    bool full = stream_waiting(s) > WAITING_MOST;
    console_want(&c->console, !full && !c->leaving && !c->naming);
    stream_ask_space(s, full);
}

static void drained(struct console *console) {
    update(container_of(console, struct chat, console));
}

/* --- a member --- */

static void waited_enough(struct timer *t) {
    struct chat *c = container_of(t, struct chat, wait);
    if (c->naming) { /* whoever this is, it does not answer to names */
        c->naming = false;
        update(c);
    } else if (sysinfo_unacknowledged(c->room.stream.fd, true) > 0 ||
               stream_waiting(&c->room.stream) > 0) {
        timer_start(c->call->loop, t, LAST_WORDS, waited_enough);
    } else {
        end(c, STATUS_OK);
    }
}

static void leave_room(struct chat *c) {
    if (c->leaving) return;
    c->leaving = true;
    stream_shut(&c->room.stream);
    timer_start(c->call->loop, &c->wait, LAST_WORDS, waited_enough);
    update(c);
}

static void say(struct chat *c, const char *text, size_t size) {
    struct buf line = {0};
    if (c->leaving || is_quit(c, text, size)) {
        leave_room(c);
        return;
    }
    buf_put(&line, text, size);
    buf_put(&line, "\n", 1);
    stream_send(&c->room.stream, buf_at(&line), line.size);
    buf_free(&line);
    update(c);
}

static void member_line(struct console *console, const char *text, size_t size) {
    struct chat *c = container_of(console, struct chat, console);
    if (text)
        say(c, text, size);
    else
        leave_room(c);
}

/* The messages of the command line, or those of stdin from now on. */
static void begin_talking(struct chat *c) {
    c->naming = false;
    timer_stop(&c->wait);
    for (int i = 0; i < c->call->count; i++)
        say(c, c->call->operands[i], strlen(c->call->operands[i]));
    if (c->call->count > 0) leave_room(c);
    update(c);
}

static bool ends_with(const char *text, size_t size, const char *end) {
    size_t n = strlen(end);
    return size >= n && !memcmp(text + size - n, end, n);
}

/* "! ..." refuses our name; others have one that looks like it, too. */
static void answer_to_name(struct chat *c, const char *text, size_t size) {
    bool refused = size > 1 && text[0] == '!',
         taken = c->renaming && size == strlen(c->renaming) && !memcmp(text, c->renaming, size);
    if (!c->renaming) c->renaming = room_renaming(text, size, c->conf->name);
    if (refused && !c->console.typed)
        end(c, STATUS_FAILED);
    else if (refused || taken)
        begin_talking(c);
}

static void heard(struct talker *t, enum line_kind kind, const char *text, size_t size) {
    struct chat *c = container_of(t, struct chat, room);
    if (kind != LINE_MESSAGE) {
        msg_error("a line of %s has more than %zu bytes: skipped", c->peer, LINE_MOST);
        return;
    }
    c->farewell = size > 1 && text[0] == '*' && ends_with(text, size, DUO_FAREWELL);
    if (c->naming && size > 1 && text[0] == '!' && !c->console.typed)
        msg_error("the room refused the name %s: %.*s", c->conf->name, (int)(size - 2), text + 2);
    else
        show(c, text, size);
    if (c->naming) answer_to_name(c, text, size);
    /* --rate: it is still at what we said */
    if (c->leaving && !c->console.typed)
        timer_start(c->call->loop, &c->wait, LAST_WORDS, waited_enough);
    update(c); /* stdout may have become slow */
}

static void room_ended(struct talker *t) {
    struct chat *c = container_of(t, struct chat, room);
    bool said_all = c->leaving && stream_waiting(&t->stream) == 0 &&
                    sysinfo_unacknowledged(t->stream.fd, true) <= 0;
    if (!said_all && !c->farewell) msg_error("%s closed the connection", c->peer);
    end(c, said_all || c->farewell ? STATUS_OK : STATUS_FAILED);
}

static void room_space(struct talker *t) { update(container_of(t, struct chat, room)); }

static void room_failed(struct talker *t, int error) {
    struct chat *c = container_of(t, struct chat, room);
    msg_error("connection with %s: %s", c->peer,
              error ? strerror(error) : "no byte either way for the time of --idle");
    end(c, error ? STATUS_FAILED : STATUS_TIMEOUT);
}

static void be_member(struct chat *c, int fd) {
    c->room = (struct talker){.idle = c->conf->common.idle,
                              .heard = heard,
                              .ended = room_ended,
                              .space = room_space,
                              .failed = room_failed};
    c->console.line = member_line;
    console_start(&c->console, c->call->loop);
    talker_start(&c->room, c->call->loop, fd);
    if (c->conf->name) {
        char *nick = mem_format("/nick %s\n", c->conf->name);
        c->naming = true;
        timer_start(c->call->loop, &c->wait, NAME_ANSWER, waited_enough);
        stream_send(&c->room.stream, nick, strlen(nick));
        free(nick);
    } else {
        begin_talking(c);
    }
    if (!c->status) loop_run(c->call->loop);
    talker_stop(&c->room);
    timer_stop(&c->wait);
    free(c->renaming);
}

static int join(struct chat *c) {
    const struct common_conf *common = &c->conf->common;
    struct net_name target, source;
    struct addr peer;
    struct cause cause;
    if (applet_target(c->call, SOCK_STREAM, &target, &source) < 0) return STATUS_USAGE;
    int fd = dial_wait(c->call->loop, &target, source.type ? &source : NULL, &common->sockopts,
                       common->timeout ? common->timeout : APPLET_DIAL_LIMIT, &peer, &cause);
    if (fd < 0) return call_over(c->call) ? STATUS_OK : msg_cause(&cause);
    addr_text(&peer, c->peer);
    msg_note(1, "connected to %s", c->peer);
    be_member(c, fd);
    sock_close(fd);
    return c->status;
}

/* --- a room of two --- */

#define LAST_CALL (10 * TEXT_NS_PER_MS)

/* What the rules have put down for each. */
static void deliver(struct chat *c) {
    struct buf *to_guest = &c->duo.to[DUO_GUEST], *to_host = &c->duo.to[DUO_HOST];
    if (to_guest->size > 0 && c->guest)
        session_send(&c->guest->session, buf_at(to_guest), to_guest->size);
    for (const char *at = buf_at(to_host), *end = at + to_host->size; at < end;) {
        size_t size = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        show(c, at, size);
        at += size + 1;
    }
    buf_clear(to_guest);
    buf_clear(to_host);
    if (c->duo.over && c->guest) {
        c->leaving = true;
        session_finish(&c->guest->session);
    }
    update(c);
}

static void host_line(struct console *console, const char *text, size_t size) {
    struct chat *c = container_of(console, struct chat, console);
    if (c->leaving || !c->guest) return;
    if (text) {
        duo_line(&c->duo, DUO_HOST, text, size, c->conf->quit_word);
    } else {
        duo_leave(&c->duo, DUO_HOST);
        c->leaving = true;
    }
    deliver(c);
    /* it may still be heard */
    if (!text && c->guest->session.state == SESSION_OPEN) stream_shut(wire(c));
    if (!text && timer_running(&c->last_call)) session_finish(&c->guest->session);
}

static void guest_came(struct lines_session *t) {
    struct chat *c = lines_owner(t);
    c->guest = t;
    server_shut_doors(&c->server.server);
    listen_close(&c->listeners); /* a third finds nobody listening */
    duo_greet(&c->duo);
    deliver(c);
}

static bool guest_line(struct lines_session *t, const char *text, size_t size) {
    struct chat *c = lines_owner(t);
    duo_line(&c->duo, DUO_GUEST, text, size, c->conf->quit_word);
    deliver(c);
    return true;
}

static void guest_too_long(struct lines_session *t) {
    static const char refusal[] = "! a line has at most 65536 bytes\n";
    session_send(&t->session, refusal, sizeof refusal - 1);
}

static void last_call_over(struct timer *t) {
    struct chat *c = container_of(t, struct chat, last_call);
    if (!c->leaving && (console_ready(&c->console) || stream_waiting(wire(c)) > 0))
        timer_start(c->call->loop, t, LAST_CALL, last_call_over);
    else
        session_finish(&c->guest->session);
}

static void guest_ended(struct lines_session *t) {
    struct chat *c = lines_owner(t);
    duo_leave(&c->duo, DUO_GUEST);
    deliver(c);
    if (t->session.state == SESSION_OPEN)
        timer_start(c->call->loop, &c->last_call, LAST_CALL, last_call_over);
}

static void guest_space(struct lines_session *t) { update(lines_owner(t)); }

static void guest_gone(struct lines_session *t) {
    struct chat *c = lines_owner(t);
    timer_stop(&c->last_call);
    c->guest = NULL;
}

static int host(struct chat *c, struct ready *ready) {
    static const struct lines_ops ops = {
        .session_size = sizeof(struct lines_session),
        .open = guest_came,
        .message = guest_line,
        .too_long = guest_too_long,
        .end = guest_ended,
        .space = guest_space,
        .closed = guest_gone,
    };
    const struct chat_conf *conf = c->conf;
    duo_start(&c->duo, conf->name ? conf->name : "host", "guest");
    c->console.line = host_line;
    console_start(&c->console, c->call->loop);
    lines_server_start(&c->server, c->call->loop, &c->listeners, &conf->server, &conf->common, &ops,
                       true, c);
    int status = ready_announce(ready, &conf->server, &c->listeners);
    if (!status) {
        ready_confine(ready, &conf->server);
        loop_run(c->call->loop);
    }
    lines_server_stop(&c->server);
    duo_free(&c->duo);
    return status ? status : c->status ? c->status : c->server.server.outcome;
}

static int wait_for_guest(struct chat *c) {
    struct ready ready;
    if (applet_no_operands(c->call) < 0) return STATUS_USAGE;
    int status = ready_listen(&ready, c->call, &c->conf->server, SOCK_STREAM, &c->listeners);
    if (!status && !call_over(c->call)) status = host(c, &ready);
    listen_close(&c->listeners);
    ready_withdraw(&ready);
    return status;
}

static int run(struct call *call) {
    struct chat c = {
        .call = call, .conf = call->conf, .console = {.drained = drained, .failed = output_failed}};
    c.coloured = msg_colours(STDOUT_FILENO);
    int status = c.conf->listen ? wait_for_guest(&c) : join(&c);
    console_stop(&c.console);
    if (!status && c.console.skipped) status = STATUS_FAILED;
    return status;
}

const struct applet applet_chat = {
    .name = "chat",
    .summary = "Talk in a room, or with --listen two people without a server",
    .operands = "[HOST[:PORT] | HOST PORT] [MESSAGE]...",
    .groups = groups,
    .conf_size = sizeof(struct chat_conf),
    .defaults = &defaults,
    .run = run,
};
