/*
 * Load for a server that answers every message with one: echo (the same bytes) or cmd (UPPER).
 * Keeps DEPTH requests in flight on each of CONNS connections, and checks every byte of every
 * reply. Mode close: each request is a connection of its own, CONNS of them at a time.
 *
 * Prints  requests= rate= p50_us= p99_us= p999_us= lost= wrong= [cpu_us=]  and exits 1 when a reply
 * was lost or wrong. cpu_us is what the server took once all had been greeted.
 */
#include "load.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>

static const char help[] =
    "echo-load [-c CONNS] [-s SIZE] [-d DEPTH] [-t MILLISECONDS] [-n REQUESTS] [-m echo|cmd|close] [-P SERVER_PID] HOST PORT";

enum { CHUNK = 256 * 1024, MAX_SIZE = 64 * 1024, MAX_DEPTH = 1024, DRAIN_MS = 5000 };

struct conn {
    int fd;
    uint32_t id;
    bool blocked;      /* waits for EPOLLOUT */
    uint64_t next;     /* the first request not wholly sent */
    size_t sent;       /* bytes of it that are sent */
    uint64_t checked;  /* replies that have come */
    char *partial;     /* the beginning of a reply */
    size_t have;       /* bytes of it */
    uint64_t *sent_at; /* by request modulo depth */
};

struct load {
    const char *host, *port;
    bool cmd, close;
    size_t conns, size, reply, depth;
    long server;
    uint64_t limit; /* of requests */
    uint64_t deadline;
    int epoll;
    uint64_t started, done, wrong;
    bool stopping;
    char filler[MAX_SIZE], answer[MAX_SIZE];
    struct hist latency;
};

static char chunk[MAX_SIZE + CHUNK];

/* Which connection and which request: 8 bytes, or 16 letters where the payload is text. */
static void stamp(const struct load *load, char *at, char base, const struct conn *c,
                  uint64_t request) {
    uint64_t mark = (uint64_t)c->id << 40 | (request & 0xffffffffff);
    if (!load->cmd) {
        memcpy(at, &mark, sizeof mark);
        return;
    }
    for (int i = 0; i < 16; i++) at[i] = (char)(base + (char)(mark >> (60 - 4 * i) & 15));
}

static void prepare(struct load *load) {
    static const char word[] = "UPPER ";
    size_t skip = load->cmd ? sizeof word - 1 : 0;
    for (size_t i = 0; i < load->size; i++) load->filler[i] = (char)('a' + i * 7 % 26);
    memcpy(load->filler, word, skip);
    if (load->cmd) load->filler[load->size - 1] = '\n';
    load->reply = load->size - skip;
    for (size_t i = 0; i < load->reply; i++) {
        char byte = load->filler[skip + i];
        load->answer[i] = load->cmd && byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
    }
}

static void put_request(const struct load *load, char *at, const struct conn *c, uint64_t request) {
    memcpy(at, load->filler, load->size);
    stamp(load, at + (load->cmd ? 6 : 0), 'a', c, request);
}

static bool is_reply(struct load *load, const char *at, const struct conn *c, uint64_t request) {
    stamp(load, load->answer, 'A', c, request);
    return memcmp(at, load->answer, load->reply) == 0;
}

static void watch(struct load *load, struct conn *c, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(load->epoll, operation, c->fd, &event) < 0) die("epoll_ctl");
}

static void set_blocked(struct load *load, struct conn *c, bool blocked) {
    if (c->blocked == blocked) return;
    c->blocked = blocked;
    watch(load, c, EPOLL_CTL_MOD, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Sends all that DEPTH allows, as many requests a write as fit. */
static void send_more(struct load *load, struct conn *c, uint64_t now) {
    while (c->sent || (!load->stopping && c->next < c->checked + load->depth)) {
        uint64_t end = load->stopping ? c->next + 1 : c->checked + load->depth;
        size_t length = 0, count = 0;
        for (uint64_t r = c->next; r < end && length + load->size <= CHUNK; r++, count++) {
            put_request(load, chunk + length, c, r);
            if (r != c->next || !c->sent) c->sent_at[r % load->depth] = now;
            length += load->size;
        }
        ssize_t n = send(c->fd, chunk + c->sent, length - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) die("send");
        if (n > 0) {
            size_t total = c->sent + (size_t)n;
            c->next += total / load->size;
            c->sent = total % load->size;
        }
        if (n < 0 || (size_t)n < length) {
            set_blocked(load, c, c->sent || n < 0);
            if (c->blocked) return;
        }
    }
    set_blocked(load, c, false);
}

/* Takes what has come, checks the whole replies, keeps the rest. Returns false at end of stream. */
static bool take(struct load *load, struct conn *c, uint64_t now) {
    memcpy(chunk, c->partial, c->have);
    ssize_t n = recv(c->fd, chunk + c->have, CHUNK, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) return false;
    size_t length = c->have + (size_t)n, at = 0;
    for (; length - at >= load->reply && c->checked < c->next + (c->sent > 0); at += load->reply) {
        load->wrong += !is_reply(load, chunk + at, c, c->checked);
        hist_add(&load->latency, now - c->sent_at[c->checked % load->depth]);
        c->checked++;
        load->done++;
    }
    c->have = length - at;
    if (c->have >= load->reply) {
        errno = EPROTO;
        die("more came back than was sent");
    }
    memcpy(c->partial, chunk + at, c->have);
    return true;
}

/* One request and its reply before the next connection is opened: no backlog is ever full, no fork
 * outstanding. */
static void greet(struct load *load, struct conn *c) {
    struct timeval patience = {.tv_sec = 5};
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    put_request(load, chunk, c, 0);
    if (send(c->fd, chunk, load->size, MSG_NOSIGNAL) != (ssize_t)load->size) die("send");
    if (recv(c->fd, chunk, load->reply, MSG_WAITALL) != (ssize_t)load->reply)
        die("no answer to the first request");
    load->wrong += !is_reply(load, chunk, c, 0);
    c->next = c->checked = 1;
}

static void open_conn(struct load *load, struct conn *c) {
    c->fd = dial(load->host, load->port, SOCK_STREAM);
    c->blocked = false;
    watch(load, c, EPOLL_CTL_ADD, EPOLLIN);
}

static void answered(struct load *load, struct conn *c, uint64_t now) {
    if (load->limit && load->done + load->conns * load->depth > load->limit) load->stopping = true;
    if (load->close && c->checked == c->next) {
        close(c->fd);
        c->fd = -1;
        if (load->stopping) return;
        now = now_ns();
        open_conn(load, c);
    }
    send_more(load, c, now);
}

static uint64_t outstanding(const struct load *load, const struct conn *conns) {
    uint64_t count = 0;
    for (size_t i = 0; i < load->conns; i++)
        count += conns[i].next + (conns[i].sent > 0) - conns[i].checked;
    return count;
}

static void turn(struct load *load) {
    struct epoll_event events[256];
    int n = epoll_wait(load->epoll, events, 256, 10);
    uint64_t now = now_ns();
    if (now > load->deadline) load->stopping = true;
    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        now = now_ns();
        if (!take(load, c, now)) {
            errno = ECONNRESET;
            die("the server closed a connection");
        }
        answered(load, c, now);
    }
}

static int run(struct load *load) {
    struct conn *conns = alloc(load->conns, sizeof *conns);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < load->conns; i++) {
        conns[i] = (struct conn){
            .id = i, .partial = alloc(1, load->reply), .sent_at = alloc(load->depth, 8)};
        if (!load->close)
            conns[i].fd = dial(load->host, load->port, SOCK_STREAM), greet(load, &conns[i]);
    }
    double spent = load->server ? cpu_us(load->server) : 0;
    load->started = now_ns();
    load->deadline += load->started;
    for (size_t i = 0; i < load->conns; i++) {
        if (load->close)
            open_conn(load, &conns[i]);
        else
            watch(load, &conns[i], EPOLL_CTL_ADD, EPOLLIN);
        send_more(load, &conns[i], now_ns());
    }
    uint64_t last = now_ns(), seen = 0, lost;
    while ((lost = outstanding(load, conns)) > 0 &&
           now_ns() < load->deadline + DRAIN_MS * 1000000ULL) {
        do turn(load);
        while (!load->stopping);
        if (load->done != seen) seen = load->done, last = now_ns();
    }
    printf("requests=%llu rate=%.0f p50_us=%.1f p99_us=%.1f p999_us=%.1f lost=%llu wrong=%llu",
           (unsigned long long)load->done,
           (double)load->done * 1e9 / (double)(last - load->started), hist_us(&load->latency, 0.5),
           hist_us(&load->latency, 0.99), hist_us(&load->latency, 0.999), (unsigned long long)lost,
           (unsigned long long)load->wrong);
    if (load->server) printf(" cpu_us=%.0f", cpu_us(load->server) - spent);
    printf("\n");
    return lost || load->wrong;
}

int main(int argc, char **argv) {
    static struct load load = {.conns = 100, .size = 64, .depth = 1, .deadline = 1000000000};
    for (int option; (option = getopt(argc, argv, "c:s:d:t:n:m:P:")) != -1;) {
        switch (option) {
        case 'c':
            load.conns = number(optarg, 100000, help);
            break;
        case 's':
            load.size = number(optarg, MAX_SIZE, help);
            break;
        case 'd':
            load.depth = number(optarg, MAX_DEPTH, help);
            break;
        case 't':
            load.deadline = number(optarg, 3600000, help) * 1000000;
            break;
        case 'n':
            load.limit = number(optarg, 1000000000, help);
            break;
        case 'm':
            load.cmd = strcmp(optarg, "cmd") == 0;
            load.close = strcmp(optarg, "close") == 0;
            if (!load.cmd && !load.close && strcmp(optarg, "echo") != 0) usage(help);
            break;
        case 'P':
            load.server = (long)number(optarg, 1UL << 30, help);
            break;
        default:
            usage(help);
        }
    }
    if (argc - optind != 2 || load.size < (load.cmd ? 24 : 8) || (load.close && load.depth > 1))
        usage(help);
    load.host = argv[optind];
    load.port = argv[optind + 1];
    prepare(&load);
    return run(&load);
}
