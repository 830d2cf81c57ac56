/*
 * Load for a chat: a room of MEMBERS and one silent listener, in which SPEAKERS of them speak.
 *
 * Full speed: each speaker says its next line once it has heard every line of the round before
 * (with -W: of the WINDOWth round before). With -r each speaker says RATE lines a second whatever
 * it hears.
 *
 * What each member hears is judged by one log of the room (chat-room.h).
 *
 * Of several ports each has a server of the same room; members take them in turn.
 * Members join a few at a time. Then the listener says SYNC0 and member 1 SYNC1, and what comes
 * before SYNC1 is not looked at. Prints  lines= deliveries= rate= p50_us= p99_us= lost= wrong=
 * [rss_kib=]  and exits 1 when lost or wrong.
 */
#include "chat-room.h"

#include <poll.h>
#include <stdarg.h>
#include <sys/epoll.h>

static const char help[] =
    "chat-load [-n MEMBERS] [-k SPEAKERS] [-r RATE] [-W WINDOW] [-s SIZE] [-t MILLISECONDS] "
    "[-m sockkit|ncat|irc] [-P SERVER_PID] HOST PORT...";

enum { MAX_TEXT = 400, STAMP = 22, JOIN_MS = 180000, DRAIN_MS = 20000, JOINING = 7 };

static const struct protocol protocols[] = {
    {"sockkit", true, false, "", "\n"},
    {"ncat", false, false, "", "\n"},
    {"irc", false, true, "PRIVMSG #bench :", "\r\n"},
};

static char chunk[CHUNK];

/* ---- speaking ---- */

static void flush(struct room *room, struct member *m) {
    ssize_t n = send(m->fd, m->unsent, m->unsent_length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) die("send");
    if (n > 0) memmove(m->unsent, m->unsent + n, m->unsent_length -= (size_t)n);
    bool blocked = m->unsent_length > 0;
    if (blocked != m->blocked) {
        struct epoll_event event = {.events = blocked ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                    .data.ptr = m};
        epoll_ctl(room->epoll, EPOLL_CTL_MOD, m->fd, &event);
        m->blocked = blocked;
    }
}

__attribute__((format(printf, 3, 4))) static void say(struct room *room, struct member *m,
                                                      const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(m->unsent + m->unsent_length, sizeof m->unsent - m->unsent_length, format,
                      arguments);
    va_end(arguments);
    m->unsent_length += (size_t)n;
    flush(room, m);
}

static void say_line(struct room *room, struct member *m, uint64_t now) {
    static char filler[MAX_TEXT + 1];
    if (!filler[0]) memset(filler, 'x', MAX_TEXT);
    m->said_at = array_grow(m->said_at, &m->said_room, m->said + 1, sizeof *m->said_at);
    m->said_at[m->said] = now;
    say(room, m, "%s@%05u %014llu %.*s%s", room->protocol->say, m->id, (unsigned long long)m->said,
        (int)room->text_size - STAMP, filler, room->protocol->end);
    m->said++;
    room->lines_said++;
}

/* How many lines this speaker may have said by now. */
static uint64_t allowance(const struct room *room, const struct member *m, uint64_t now) {
    if (room->rate) {
        double phase = (double)(m->id - 1) / room->speakers;
        double due = (double)(now - room->started) / 1e9 * room->rate - phase;
        return due < 0 ? 0 : (uint64_t)due + 1;
    }
    if (room->speakers == 1) /* may not hear itself */
        return room->members[0].heard + room->window;
    return m->heard / (room->speakers - (room->protocol->own_words ? 0 : 1)) + room->window;
}

static void speak(struct room *room, struct member *m, uint64_t now) {
    if (room->stopping || m->id == 0 || m->id > room->speakers) return;
    for (uint64_t may = allowance(room, m, now); m->said < may && m->unsent_length == 0;)
        say_line(room, m, now);
}

/* ---- hearing ---- */

/* A line before SYNC1. Returns true when it was SYNC1. */
static bool noise_line(struct room *room, struct member *m) {
    const struct protocol *p = room->protocol;
    if (strncmp(m->noise, "PING", 4) == 0) say(room, m, "PONG%s\n", m->noise + 4);
    if (p->irc && strstr(m->noise, " 001 ")) say(room, m, "JOIN #bench\r\n");
    if (!m->joined && (!p->irc || strstr(m->noise, " 366 "))) {
        m->joined = true;
        room->joined++;
    }
    bool sync0 = strstr(m->noise, "@SYNC0"), sync1 = strstr(m->noise, "@SYNC1");
    if (sync0 && m->id == 1) say(room, m, "%s@SYNC1%s", p->say, p->end);
    return sync1 || (sync0 && m->id == 1 && !p->own_words);
}

/* Returns how many bytes came before the member's own start. */
static size_t skip_noise(struct room *room, struct member *m, const char *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t part = end ? (size_t)(end - bytes) - at : length - at,
               room_left = NOISE - 1 - m->noise_length;
        size_t kept = part < room_left ? part : room_left;
        memcpy(m->noise + m->noise_length, bytes + at, kept);
        m->noise_length += kept;
        at += part + 1;
        if (!end) break;
        m->noise[m->noise_length] = '\0';
        m->noise_length = 0;
        if (noise_line(room, m)) {
            m->synced = true;
            room->synced++;
            return at;
        }
    }
    return length;
}

/* Returns false when the member is ahead of the listener and has to wait. */
static bool take(struct room *room, struct member *m) {
    size_t most = room_judgeable(room, m);
    if (most == 0) return false;
    ssize_t n = recv(m->fd, chunk, most, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) {
        errno = ECONNRESET;
        die("the room closed a connection");
    }
    size_t noise = m->synced ? 0 : skip_noise(room, m, chunk, (size_t)n);
    room_hear(room, m, chunk + noise, (size_t)n - noise, now_ns());
    return true;
}

/* ---- the run ---- */

static void turn(struct room *room) {
    struct epoll_event events[256];
    int n = epoll_wait(room->epoll, events, 256, room->rate && room->started ? 1 : 10), waiting = 0;
    for (int i = 0; i < n; i++) {
        struct member *m = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) flush(room, m);
        if (events[i].events & ~(uint32_t)EPOLLOUT) waiting += !take(room, m);
        if (room->started && !room->rate) speak(room, m, now_ns());
    }
    if (n > 0 && waiting == n)
        poll(&(struct pollfd){.fd = room->members[0].fd, .events = POLLIN}, 1, 1);
    if (room->started && room->rate)
        for (unsigned i = 1; i <= room->speakers; i++) speak(room, &room->members[i], now_ns());
}

static void await(struct room *room, const unsigned *value, unsigned wanted, const char *what) {
    uint64_t deadline = now_ns() + JOIN_MS * 1000000ULL;
    while (*value < wanted) {
        if (now_ns() > deadline) {
            errno = ETIMEDOUT;
            die(what);
        }
        turn(room);
    }
}

static void join_all(struct room *room) {
    for (unsigned i = 0; i < room->count; i++) {
        struct member *m = &room->members[i];
        const char *port = room->ports[i % room->port_count];
        *m = (struct member){.id = i, .fd = dial(room->host, port, SOCK_STREAM)};
        epoll_ctl(room->epoll, EPOLL_CTL_ADD, m->fd,
                  &(struct epoll_event){.events = EPOLLIN, .data.ptr = m});
        if (room->protocol->irc) say(room, m, "NICK u%u\r\nUSER u%u 0 * :u\r\n", i, i);
        await(room, &room->joined, i < JOINING ? 0 : i - JOINING, "no answer to joining");
    }
    await(room, &room->joined, room->count, "no answer to joining");
    say(room, &room->members[0], "%s@SYNC0%s", room->protocol->say, room->protocol->end);
    await(room, &room->synced, room->count, "not every member heard SYNC1");
}

/* Deliveries still to come. */
static uint64_t missing(const struct room *room) {
    uint64_t due = room->lines_said * room->count;
    for (unsigned i = 0; i < room->count && !room->protocol->own_words; i++)
        due -= room->members[i].said;
    return due - room->deliveries;
}

static int run(struct room *room) {
    room->members = alloc(room->count, sizeof *room->members);
    room->next = alloc(room->count, sizeof *room->next);
    room->epoll = epoll_create1(EPOLL_CLOEXEC);
    join_all(room);
    uint64_t start = room->started = room->last = now_ns();
    for (unsigned i = 1; i <= room->speakers; i++) speak(room, &room->members[i], start);
    while (!room->stopping ||
           (missing(room) && now_ns() < start + room->duration + DRAIN_MS * 1000000ULL)) {
        turn(room);
        room->stopping = now_ns() > start + room->duration;
    }
    uint64_t lost = missing(room);
    printf("lines=%llu deliveries=%llu rate=%.0f p50_us=%.1f p99_us=%.1f lost=%llu wrong=%llu",
           (unsigned long long)room->lines_said, (unsigned long long)room->deliveries,
           (double)room->deliveries * 1e9 / (double)(room->last - start + 1),
           hist_us(&room->latency, 0.5), hist_us(&room->latency, 0.99), (unsigned long long)lost,
           (unsigned long long)room->wrong);
    if (room->server) printf(" rss_kib=%ld", resident_kib(room->server));
    printf("\n");
    return lost || room->wrong;
}

static const struct protocol *protocol_named(const char *name) {
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (strcmp(protocols[i].name, name) == 0) return &protocols[i];
    usage(help);
}

int main(int argc, char **argv) {
    static struct room room = {
        .protocol = protocols, .count = 100, .window = 1, .text_size = 64, .duration = 1000000000};
    for (int option; (option = getopt(argc, argv, "n:k:r:W:s:t:m:P:")) != -1;) {
        switch (option) {
        case 'n':
            room.count = (unsigned)number(optarg, 90000, help);
            break;
        case 'k':
            room.speakers = (unsigned)number(optarg, 90000, help);
            break;
        case 'r':
            room.rate = (unsigned)number(optarg, 100000, help);
            break;
        case 'W':
            room.window = (unsigned)number(optarg, 1000, help);
            break;
        case 's':
            room.text_size = number(optarg, MAX_TEXT, help);
            break;
        case 't':
            room.duration = number(optarg, 3600000, help) * 1000000;
            break;
        case 'm':
            room.protocol = protocol_named(optarg);
            break;
        case 'P':
            room.server = (long)number(optarg, 1UL << 30, help);
            break;
        default:
            usage(help);
        }
    }
    if (room.speakers == 0 || room.speakers > room.count) room.speakers = room.count;
    room.count++;
    if (argc - optind < 2 || room.text_size < STAMP || room.count < 2) usage(help);
    room.host = argv[optind];
    room.ports = argv + optind + 1;
    room.port_count = (size_t)(argc - optind - 1);
    return run(&room);
}
