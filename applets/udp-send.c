/* udp-send: each MESSAGE, line or block is one datagram; replies are shown. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/applet.h"
#include "common/dgramsink.h"
#include "common/mem.h"
#include "common/sock.h"
#include "common/source.h"
#include "common/sysinfo.h"
#include "common/text.h"

#define REPLY_LIMIT (2 * TEXT_NS_PER_S)
#define REFUSAL_LIMIT (100 * TEXT_NS_PER_MS) /* for the first datagram, while there are other addresses */
#define READ_ONCE ((size_t)262144)
#define MOST_ONCE ((size_t)2048)      /* datagrams given to the system in one turn */
#define LINE_MOST ((size_t)1 << 20)   /* how far the end of a line is looked for, to name its size: no datagram is so large */
#define PATH_TRIES 100

struct udp_send_conf {
    struct common_conf common;
    struct dgramsink_conf show;
    int64_t replies, interval, repeat; /* interval in ns; 0: not given */
    uint64_t block;                    /* 0: lines */
    bool broadcast;
};

static const struct udp_send_conf defaults = {.repeat = 1};

static const struct opt_row rows[] = {
    OPT("replies", 'r', OPT_INTEGER, udp_send_conf, replies, .metavar = "N", .min = 1, .max = INT64_MAX,
        .help = "wait for N replies, at most --timeout (2s) after the last datagram sent"),
    OPT("block", 0, OPT_SIZE, udp_send_conf, block, .metavar = "SIZE", .min = 1, .max = (int64_t)LINE_MOST,
        .help = "cut stdin into datagrams of SIZE bytes instead of lines"),
    OPT("interval", 'I', OPT_TIME, udp_send_conf, interval, .metavar = "TIME", .min = 1, .max = INT64_MAX,
        .help = "wait TIME between two datagrams"),
    OPT("repeat", 0, OPT_INTEGER, udp_send_conf, repeat, .metavar = "N", .min = 1, .max = INT64_MAX, .help = "send all of it N times"),
    OPT("broadcast", 0, OPT_FLAG, udp_send_conf, broadcast, .excludes = "unix", .help = "HOST may be a broadcast address"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    DGRAMSINK_GROUP(struct udp_send_conf),
    APPLET_COMMON_GROUP(struct udp_send_conf),
    {NULL, NULL, 0},
};

/* What of stdin has not been sent; with --repeat all of it. */
struct input {
    char *bytes; /* owned */
    size_t size, room, at;
    bool ended;
};

struct udp_send {
    struct call *call;
    const struct udp_send_conf *conf;
    struct net_name target, source;
    struct net_addrs addrs, sources;
    size_t next_addr;
    struct addr to;      /* the one in use */
    char *path;          /* of our own Unix socket; owned */
    int fd;              /* -1: none yet */
    struct dgram_io *io;
    bool everybody;      /* to a group or a broadcast address: whoever answers, the socket is not connected */
    bool trying;         /* this address may still turn out to refuse, and another is left */
    bool full;           /* the system takes none now */
    struct watch socket;
    struct source in;
    struct input input;
    struct dgram items[MOST_ONCE]; /* next .. count wait */
    size_t count, next, operand;
    int64_t rounds;      /* of --repeat, done */
    bool complete;       /* there are no more to come */
    bool interactive;    /* typed at a terminal: replies are shown as they come */
    uint64_t sent, bytes, replies;
    struct timer pace, trial, patience, idle;
    struct dgramsink out;
    bool over;
    int status;
};

static void finish(struct udp_send *u, int status) {
    if (!u->over) u->status = status;
    u->over = true;
    loop_stop(u->call->loop);
}

static void fail(struct udp_send *u, enum status status, const char *why, const char *hint) {
    char name[NET_NAME_TEXT];
    msg_error("cannot send to %s: %s%s", net_name_text(&u->target, name), why, hint);
    finish(u, (int)status);
}

static void idle_over(struct timer *t) {
    struct udp_send *u = container_of(t, struct udp_send, idle);
    char text[TEXT_SHORT];
    msg_error("nothing sent or received for %s (--idle)", text_duration(u->conf->common.idle, text));
    finish(u, STATUS_TIMEOUT);
}

static void not_idle(struct udp_send *u) {
    if (u->conf->common.idle) timer_start(u->call->loop, &u->idle, u->conf->common.idle, idle_over);
}

/* --- what is sent --- */

/* A line, or a block. False: it has not all come yet. */
static bool cut(struct input *in, size_t block, struct dgram *d) {
    const char *at = in->bytes + in->at;
    size_t left = in->size - in->at;
    const char *newline = block || left == 0 ? NULL : memchr(at, '\n', left);
    size_t size = newline ? (size_t)(newline - at) : block && left > block ? block : left;
    if (!newline && !in->ended && (!block || size < block)) return false;
    *d = (struct dgram){.bytes = at, .size = size};
    in->at += size + (newline != NULL);
    return true;
}

static bool next_item(struct udp_send *u, struct dgram *d) {
    if (u->in.loop) return cut(&u->input, (size_t)u->conf->block, d);
    const char *text = u->call->operands[u->operand++];
    *d = (struct dgram){.bytes = text, .size = strlen(text)};
    return true;
}

static bool round_over(const struct udp_send *u) {
    return u->in.loop ? u->input.ended && u->input.at == u->input.size : u->operand == (size_t)u->call->count;
}

/* As many as there are, at most `most`. */
static void produce(struct udp_send *u, size_t most) {
    u->count = u->next = 0;
    while (u->count < most && !u->complete) {
        if (round_over(u)) {
            u->complete = ++u->rounds >= u->conf->repeat || (u->in.loop && u->input.size == 0);
            u->operand = u->input.at = 0;
        } else if (next_item(u, &u->items[u->count])) {
            u->items[u->count++].peer = u->everybody ? &u->to : NULL;
        } else {
            return;
        }
    }
}

static void pump(struct udp_send *u);

/* Bytes that were sent make room; with --repeat they stay. */
static char *input_room(struct udp_send *u) {
    struct input *in = &u->input;
    if (u->conf->repeat == 1 && in->at > 0) {
        memmove(in->bytes, in->bytes + in->at, in->size - in->at);
        in->size -= in->at;
        in->at = 0;
    }
    if (in->room - in->size < READ_ONCE) {
        in->room = 2 * in->room + READ_ONCE;
        in->bytes = mem_resize(in->bytes, in->room, 1);
    }
    return in->bytes + in->size;
}

static void input_ready(struct source *in) {
    struct udp_send *u = container_of(in, struct udp_send, in);
    ssize_t n = source_read(in->fd, in->kind, input_room(u), READ_ONCE);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n < 0) {
        msg_error("cannot read stdin: %s", strerror(errno));
        finish(u, STATUS_FAILED);
        return;
    }
    if (n == 0) u->input.ended = true;
    u->input.size += (size_t)n;
    source_want(in, false);
    pump(u);
}

/* Somebody's line may have no end: what is too large for any datagram is not waited for. */
static void want_input(struct udp_send *u) {
    if (u->input.size - u->input.at > LINE_MOST && !u->conf->block) {
        fail(u, STATUS_FAILED, "a line of more than 1 MiB is too large for a datagram", "");
        return;
    }
    source_want(&u->in, true);
}

/* --- which address --- */

static const char *hint_for(int error) {
    switch (error) {
    case ECONNREFUSED:
    case ENOENT: return " (is a receiver there?)";
    case ENETUNREACH: return " (no route; try -4 or -6, for a group -O interface=NAME)";
    case EPROTOTYPE: return " (a stream socket: use connect)";
    case EACCES: return " (a broadcast address needs --broadcast)";
    default: return "";
    }
}

static enum status status_for(int error) {
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ENOENT:
    case EPROTOTYPE:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENOPROTOOPT:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: return STATUS_UNCONNECTED;
    default: return STATUS_FAILED;
    }
}

static bool for_everybody(const struct udp_send *u) {
    const struct addr *a = &u->to;
    if (u->conf->broadcast) return true;
    if (addr_family(a) == AF_INET) return IN_MULTICAST(ntohl(a->as.v4.sin_addr.s_addr));
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_MULTICAST(&a->as.v6.sin6_addr);
}

static void close_socket(struct udp_send *u) {
    if (u->fd < 0) return;
    watch_stop(&u->socket);
    dgram_free(u->io);
    u->io = NULL;
    sock_close(u->fd);
    u->fd = -1;
    if (u->path) unlink(u->path);
    free(u->path);
    u->path = NULL;
}

static int bind_failed(const struct addr *a, struct cause *cause) {
    char text[ADDR_TEXT], owner[SYSINFO_OWNER];
    int error = errno;
    bool known = error == EADDRINUSE && sysinfo_owner(SOCK_DGRAM, a, owner);
    return cause_set(cause, STATUS_UNBOUND, "cannot bind to %s: %s%s%s%s", addr_text(a, text), strerror(error), known ? " (" : "",
                     known ? owner : "", known ? ")" : "");
}

/* A Unix socket without a path of its own cannot be answered. */
static int bind_path(struct udp_send *u, struct cause *cause) {
    const char *directory = getenv("TMPDIR");
    struct addr a;
    for (int i = 0; i < PATH_TRIES; i++) {
        char *path = mem_format("%s/sockkit-%ld-%d", directory && *directory ? directory : "/tmp", (long)getpid(), i);
        if (addr_unix(path, &a) < 0) {
            free(path);
            return cause_set(cause, STATUS_UNBOUND, "cannot bind a socket in %s: %s", directory, strerror(errno));
        }
        if (sock_bind(u->fd, &a) == 0) {
            u->path = path;
            return 0;
        }
        free(path);
        if (errno != EADDRINUSE) break;
    }
    return bind_failed(&a, cause);
}

static int bind_source(struct udp_send *u, struct cause *cause) {
    if (u->target.path) return bind_path(u, cause);
    for (size_t i = 0; i < u->sources.count; i++) {
        const struct addr *a = &u->sources.items[i];
        if (addr_family(a) == addr_family(&u->to)) return sock_bind(u->fd, a) < 0 ? bind_failed(a, cause) : 0;
    }
    if (u->sources.count == 0) return 0;
    return cause_set(cause, STATUS_UNCONNECTED, "cannot send to %s: it has no address of the family of the source %s",
                     u->target.host ? u->target.host : "localhost", u->source.host);
}

static int cannot_send(const struct udp_send *u, int error, struct cause *cause) {
    char name[NET_NAME_TEXT];
    return cause_set(cause, status_for(error), "cannot send to %s: %s%s", net_name_text(&u->target, name), strerror(error), hint_for(error));
}

static int open_socket(struct udp_send *u, struct cause *cause) {
    u->fd = sock_open(addr_family(&u->to), SOCK_DGRAM);
    if (u->fd < 0) return cannot_send(u, errno, cause);
    if (sockopt_apply(&u->conf->common.sockopts, u->fd, addr_family(&u->to), cause) < 0) return -1;
    if (u->conf->broadcast) sock_set(u->fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
    if (bind_source(u, cause) < 0) return -1;
    if (!u->everybody && sock_connect(u->fd, &u->to) < 0) return cannot_send(u, errno, cause);
    return 0;
}

static void socket_ready(struct watch *w, unsigned events);

static void begin(struct udp_send *u) {
    struct addr local;
    char to[ADDR_TEXT], from[ADDR_TEXT];
    if (sock_local(u->fd, &local) < 0) local = u->to;
    msg_note(1, "sending to %s from %s", addr_text(&u->to, to), addr_text(&local, from));
    u->io = dgram_new(u->fd, &local);
    watch_start(u->call->loop, &u->socket, u->fd, LOOP_HANGUP, socket_ready);
}

/* The next address that can be sent to. False: there is none (told). */
static bool open_next(struct udp_send *u) {
    struct cause cause = {STATUS_UNCONNECTED, ""};
    close_socket(u);
    while (u->next_addr < u->addrs.count) {
        u->to = u->addrs.items[u->next_addr++];
        u->everybody = for_everybody(u);
        u->trying = u->next_addr < u->addrs.count && !u->everybody;
        if (open_socket(u, &cause) == 0) {
            begin(u);
            return true;
        }
        close_socket(u);
    }
    finish(u, msg_cause(&cause));
    return false;
}

/* An answer to what was sent before (RFC 1122 section 4.1.3.3). */
static int pending_error(const struct udp_send *u) {
    int error = 0;
    return sock_get(u->fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR") < 0 ? errno : error;
}

/* The address refuses: what was tried there goes to the next one. */
static void refused(struct udp_send *u, int error) {
    char text[ADDR_TEXT];
    timer_stop(&u->trial);
    if (!u->trying) {
        fail(u, status_for(error), strerror(error), hint_for(error));
        return;
    }
    msg_note(1, "%s: %s", addr_text(&u->to, text), strerror(error));
    u->next = 0;
    u->sent = u->bytes = 0;
    if (open_next(u)) pump(u);
}

static bool is_near(const struct addr *a) {
    if (addr_family(a) == AF_INET) return ntohl(a->as.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->as.v6.sin6_addr);
}

static void settled(struct udp_send *u) {
    timer_stop(&u->trial);
    u->trying = false;
    pump(u);
}

static void trial_over(struct timer *t) { settled(container_of(t, struct udp_send, trial)); }

/* --- replies --- */

static bool wants_replies(const struct udp_send *u) {
    return u->interactive || u->replies < (uint64_t)u->conf->replies;
}

static void update_socket(struct udp_send *u) {
    bool reading = u->trying || (wants_replies(u) && !u->out.full);
    watch_want(&u->socket, LOOP_HANGUP | (reading ? LOOP_READ : 0u) | (u->full ? LOOP_WRITE : 0u));
}

static void nobody_answered(struct timer *t) {
    struct udp_send *u = container_of(t, struct udp_send, patience);
    int64_t limit = u->conf->common.timeout ? u->conf->common.timeout : REPLY_LIMIT;
    char text[TEXT_SHORT];
    text_duration(limit, text);
    if (u->replies == 0)
        msg_error("no reply within %s", text);
    else
        msg_error("only %llu of %lld replies came within %s", (unsigned long long)u->replies, (long long)u->conf->replies, text);
    finish(u, STATUS_TIMEOUT);
}

static void all_sent(struct udp_send *u) {
    const struct udp_send_conf *conf = u->conf;
    int error = u->everybody ? 0 : pending_error(u);
    if (error)
        refused(u, error);
    else if (u->replies >= (uint64_t)conf->replies)
        finish(u, STATUS_OK);
    else
        timer_start(u->call->loop, &u->patience, conf->common.timeout ? conf->common.timeout : REPLY_LIMIT, nobody_answered);
}

static void receive(struct udp_send *u) {
    const struct dgram *items;
    int n = dgram_receive(u->io, &items);
    if (n < 0 && dgram_full_now(errno)) return;
    if (n < 0) {
        refused(u, errno);
        return;
    }
    not_idle(u);
    for (int i = 0; i < n && wants_replies(u); i++) {
        dgramsink_put(&u->out, &items[i]);
        u->replies++;
    }
    dgramsink_flush(&u->out);
    update_socket(u);
    if (u->trying) settled(u);
    if (timer_running(&u->patience) && !wants_replies(u)) finish(u, STATUS_OK);
}

static void socket_ready(struct watch *w, unsigned events) {
    struct udp_send *u = container_of(w, struct udp_send, socket);
    int error;
    if (events & LOOP_WRITE && u->full) {
        u->full = false;
        update_socket(u);
        pump(u);
    } else if (w->want & LOOP_READ) {
        receive(u);
    } else if ((error = pending_error(u)) != 0) {
        refused(u, error);
    }
}

static void output_changed(struct dgramsink *out) {
    struct udp_send *u = container_of(out, struct udp_send, out);
    if (u->io) update_socket(u);
    if (out->status) finish(u, out->status);
    if (u->over) loop_stop(u->call->loop);
}

/* --- sending --- */

static void pace_over(struct timer *t) { pump(container_of(t, struct udp_send, pace)); }

static void cannot_now(struct udp_send *u, int error) {
    if (error == ENOBUFS) { /* a queue below the socket is full: nobody tells when it is not */
        timer_start(u->call->loop, &u->pace, DGRAM_PAUSE, pace_over);
        return;
    }
    u->full = true;
    update_socket(u);
}

static void failed(struct udp_send *u, const struct dgram *d, int error) {
    char why[96];
    if (error == EMSGSIZE) {
        snprintf(why, sizeof why, "%zu bytes are too large for a datagram", d->size);
        fail(u, STATUS_FAILED, why, "");
    } else {
        refused(u, error);
    }
}

static void took(struct udp_send *u, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct dgram d = u->items[u->next + i];
        u->bytes += d.size;
        if (u->conf->show.dump) {
            d.peer = &u->to;
            dgramsink_sent(&u->out, &d);
        }
    }
    u->sent += n;
    u->next += n;
    not_idle(u);
}

/* The first datagram goes alone while another address is left. True: go on. */
static bool tried(struct udp_send *u) {
    int error = pending_error(u);
    if (error) {
        refused(u, error);
        return false;
    }
    if (is_near(&u->to)) { /* it would have refused by now */
        u->trying = false;
        update_socket(u);
        return true;
    }
    timer_start(u->call->loop, &u->trial, REFUSAL_LIMIT, trial_over);
    return false;
}

/* All that waits. True: the system took it. */
static bool send_items(struct udp_send *u) {
    while (u->next < u->count) {
        int n = dgram_send(u->io, &u->items[u->next], u->count - u->next);
        if (n < 0) {
            if (dgram_full_now(errno))
                cannot_now(u, errno);
            else
                failed(u, &u->items[u->next], errno);
            return false;
        }
        took(u, (size_t)n);
    }
    return true;
}

/* One turn: sends what there is, and sees to it that the next turn comes. */
static void pump(struct udp_send *u) {
    int64_t pause = u->conf->interval ? u->conf->interval : 1;
    if (u->over || u->full || timer_running(&u->pace) || timer_running(&u->trial)) return;
    if (u->next == u->count) produce(u, u->trying || u->conf->interval ? 1 : MOST_ONCE);
    if (u->count > 0 && (!send_items(u) || (u->trying && !tried(u)))) return;
    bool paused = u->count > 0 && u->conf->interval;
    produce(u, u->conf->interval ? 1 : MOST_ONCE);
    if (u->count == 0 && u->complete)
        all_sent(u);
    else if (u->count == 0)
        want_input(u);
    if (u->count > 0 || paused) timer_start(u->call->loop, &u->pace, pause, pace_over);
}

/* --- names --- */

struct look_up {
    struct net_resolve resolve;
    struct cause cause;
    bool over, running;
};

static void resolved(struct net_resolve *r, const struct cause *failure) {
    struct look_up *l = container_of(r, struct look_up, resolve);
    l->over = true;
    if (failure) l->cause = *failure;
    if (l->running) loop_stop(r->loop);
}

/* Returns 0, or the exit status. Something else may have stopped the loop. */
static int look_up(struct udp_send *u, const struct net_name *name, struct net_addrs *addrs) {
    struct look_up l = {.cause = {STATUS_OK, ""}};
    int64_t limit = u->conf->common.timeout ? u->conf->common.timeout : APPLET_DIAL_LIMIT;
    net_resolve_start(u->call->loop, &l.resolve, name, limit, resolved);
    l.running = !l.over;
    if (l.running) loop_run(u->call->loop);
    if (!l.over) net_resolve_stop(&l.resolve);
    *addrs = l.resolve.addrs;
    return l.cause.text[0] ? msg_cause(&l.cause) : STATUS_OK;
}

/* --- the run --- */

/* At a terminal the line editor (term) takes the place of this source. */
static void start_input(struct udp_send *u) {
    if (u->call->count > 0) return;
    source_start(&u->in, u->call->loop, STDIN_FILENO, input_ready);
    u->interactive = u->in.kind == SOURCE_TTY;
}

static void exchange(struct udp_send *u) {
    char bytes[TEXT_SHORT];
    if (!open_next(u)) return;
    start_input(u);
    update_socket(u);
    not_idle(u);
    pump(u);
    loop_run(u->call->loop);
    while (u->out.full && !u->out.status && !call_over(u->call)) loop_run(u->call->loop);
    msg_note(1, "sent %llu datagrams (%s)", (unsigned long long)u->sent, text_bytes(u->bytes, bytes));
}

static void release(struct udp_send *u) {
    close_socket(u);
    source_stop(&u->in);
    timer_stop(&u->pace);
    timer_stop(&u->trial);
    timer_stop(&u->patience);
    timer_stop(&u->idle);
    net_addrs_free(&u->addrs);
    net_addrs_free(&u->sources);
    free(u->input.bytes);
    free(u);
}

static int run(struct call *call) {
    struct udp_send *u = mem_new(sizeof *u);
    u->call = call;
    u->conf = call->conf;
    u->fd = -1;
    int status = applet_target(call, SOCK_DGRAM, &u->target, &u->source) < 0 ? STATUS_USAGE : STATUS_OK;
    if (!status && call->count > 0 && u->conf->block) {
        msg_error("--block cuts stdin, and excludes MESSAGEs");
        status = STATUS_USAGE;
    }
    if (!status && u->source.type) status = look_up(u, &u->source, &u->sources);
    if (!status && !call_over(call)) status = look_up(u, &u->target, &u->addrs);
    if (!status && !call_over(call)) {
        status = dgramsink_start(&u->out, call->loop, &u->conf->show, output_changed);
        if (!status) exchange(u);
        status = dgramsink_stop(&u->out);
        if (!status) status = u->status;
    }
    release(u);
    return status;
}

const struct applet applet_udp_send = {
    .name = "udp-send",
    .summary = "Send each MESSAGE, or each line of stdin, as one datagram; show the replies",
    .operands = "[HOST[:PORT] | HOST PORT] [MESSAGE]...",
    .groups = groups,
    .conf_size = sizeof(struct udp_send_conf),
    .defaults = &defaults,
    .run = run,
};
