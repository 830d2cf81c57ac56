/*
 * Makes and counts datagrams. Each carries its number, 16 digits and a space, and a filler: any
 * loss, change of order, merge, cut or changed byte shows.
 *
 *   dgram-load send HOST PORT    -n of them; prints  sent= rate=
 *   dgram-load recv HOST PORT    until -n have come, or none came for 500 ms after the first (10 s
 * before it) dgram-load make              -n of them to stdout, with -l one a line dgram-load check
 * what `make` writes, from stdin
 *
 * -s SIZE of a datagram; -g: many to a system call by UDP_SEGMENT and UDP_GRO (else sendmmsg and
 * recvmmsg). recv and check print  received= lost= disordered= wrong= rate=  and exit 0: judging is
 * left to the caller.
 */
#include "load.h"

#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/uio.h>

static const char help[] =
    "dgram-load [-s SIZE] [-n COUNT] [-g] [-l] send|recv HOST PORT | make | check";

enum {
    STAMP = 17,
    MOST = 65507,
    BATCH = 64,
    GATHERED = 64 * 1024,
    SEGMENTS = 64,
    FIRST_MS = 10000,
    IDLE_MS = 500
};

struct tally {
    size_t size;
    uint64_t received, lost, disordered, wrong, next, first, last;
    bool lines;
};

static char filler[MOST];

static void put(char *at, size_t size, uint64_t count) {
    memcpy(at, filler, size);
    for (int i = STAMP - 2; i >= 0; i--, count /= 10) at[i] = (char)('0' + count % 10);
    at[STAMP - 1] = ' ';
}

/* Counts one datagram. */
static void judge(struct tally *tally, const char *at, size_t size) {
    uint64_t count = 0;
    bool good = size == tally->size && at[STAMP - 1] == ' ';
    for (int i = 0; good && i < STAMP - 1; i++) {
        good = at[i] >= '0' && at[i] <= '9';
        count = count * 10 + (uint64_t)(at[i] - '0');
    }
    tally->received++;
    if (!good || memcmp(at + STAMP, filler + STAMP, size - STAMP) != 0)
        tally->wrong++;
    else if (count < tally->next)
        tally->disordered++;
    else
        tally->lost += count - tally->next, tally->next = count + 1;
}

static void report(const struct tally *tally, uint64_t wanted) {
    uint64_t lost = tally->lost + (wanted > tally->next ? wanted - tally->next : 0),
             ns = tally->last - tally->first;
    printf("received=%llu lost=%llu disordered=%llu wrong=%llu rate=%.0f\n",
           (unsigned long long)tally->received, (unsigned long long)lost,
           (unsigned long long)tally->disordered, (unsigned long long)tally->wrong,
           ns ? (double)tally->received * 1e9 / (double)ns : 0);
}

/* ---- sending ---- */

static void send_batch(int fd, const char *payload, size_t size, unsigned count) {
    struct iovec pieces[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    for (unsigned i = 0; i < count; i++) {
        pieces[i] =
            (struct iovec){.iov_base = (void *)(uintptr_t)(payload + i * size), .iov_len = size};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    for (unsigned done = 0; done < count;) {
        int n = sendmmsg(fd, messages + done, count - done, 0);
        if (n < 0) die("sendmmsg");
        done += (unsigned)n;
    }
}

static int send_all(const char *host, const char *port, size_t size, uint64_t wanted,
                    bool gathered) {
    static char payload[(size_t)BATCH * MOST];
    int fd = dial(host, port, SOCK_DGRAM);
    unsigned most = BATCH;
    if (gathered) {
        most = (unsigned)(MOST / size < SEGMENTS ? MOST / size : SEGMENTS);
        if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &(int){(int)size}, sizeof(int)) < 0)
            die("UDP_SEGMENT");
    }
    uint64_t start = now_ns();
    for (uint64_t count = 0; count < wanted;) {
        unsigned batch = (unsigned)(wanted - count < most ? wanted - count : most);
        for (unsigned i = 0; i < batch; i++) put(payload + i * size, size, count + i);
        if (!gathered)
            send_batch(fd, payload, size, batch);
        else if (send(fd, payload, batch * size, 0) < 0)
            die("send");
        count += batch;
    }
    printf("sent=%llu rate=%.0f\n", (unsigned long long)wanted,
           (double)wanted * 1e9 / (double)(now_ns() - start));
    return 0;
}

static int make_all(size_t size, uint64_t wanted, bool lines) {
    static char line[MOST + 1];
    for (uint64_t count = 0; count < wanted; count++) {
        put(line, size, count);
        line[size] = '\n';
        fwrite(line, 1, size + (lines ? 1 : 0), stdout);
    }
    return fflush(stdout) || ferror(stdout);
}

/* ---- receiving ---- */

static void take_batch(struct tally *tally, int fd) {
    static char payload[BATCH][2048];
    struct iovec pieces[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    for (unsigned i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){.iov_base = payload[i], .iov_len = sizeof payload[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) judge(tally, payload[i], messages[i].msg_len);
}

/* One that the system gathered: cut where UDP_GRO says. */
static void take_gathered(struct tally *tally, int fd) {
    static char payload[GATHERED];

    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec piece = {.iov_base = payload, .iov_len = sizeof payload};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    if (n < 0) return;
    size_t length = (size_t)n, cut = length;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        int segment;
        if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
        memcpy(&segment, CMSG_DATA(c), sizeof segment);
        cut = (size_t)segment;
    }
    for (size_t at = 0; at < length; at += cut)
        judge(tally, payload + at, length - at < cut ? length - at : cut);
}

static int receive_all(struct tally *tally, const char *host, const char *port, uint64_t wanted,
                       bool gathered) {
    struct addrinfo *address;
    int fd = socket_for(host, port, SOCK_DGRAM, &address);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){8 << 20}, sizeof(int)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){8 << 20}, sizeof(int));
    if (gathered && setsockopt(fd, SOL_UDP, UDP_GRO, &(int){1}, sizeof(int)) < 0) die("UDP_GRO");
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0) die("bind");
    freeaddrinfo(address);
    while (tally->received < wanted) {
        if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1,
                 tally->received ? IDLE_MS : FIRST_MS) <= 0)
            break;
        tally->last = now_ns();
        if (!tally->first) tally->first = tally->last;
        if (gathered)
            take_gathered(tally, fd);
        else
            take_batch(tally, fd);
    }
    report(tally, wanted);
    return 0;
}

static int check_all(struct tally *tally, uint64_t wanted) {
    static char line[MOST + 2];
    if (!tally->lines) {
        for (size_t n; (n = fread(line, 1, tally->size, stdin)) > 0;) judge(tally, line, n);
    } else {
        while (fgets(line, sizeof line, stdin)) {
            size_t length = strlen(line);
            judge(tally, line, length - (length > 0 && line[length - 1] == '\n'));
        }
    }
    report(tally, wanted);
    return 0;
}

int main(int argc, char **argv) {
    struct tally tally = {.size = 64};
    uint64_t wanted = 100000;
    bool gathered = false;
    for (int option; (option = getopt(argc, argv, "s:n:gl")) != -1;) {
        switch (option) {
        case 's':
            tally.size = number(optarg, MOST, help);
            break;
        case 'n':
            wanted = number(optarg, 1000000000, help);
            break;
        case 'g':
            gathered = true;
            break;
        case 'l':
            tally.lines = true;
            break;
        default:
            usage(help);
        }
    }
    if (tally.size < STAMP) usage(help);
    for (size_t i = 0; i < sizeof filler; i++) filler[i] = (char)('a' + i % 26);
    argc -= optind;
    argv += optind;
    if (argc == 3 && strcmp(argv[0], "send") == 0)
        return send_all(argv[1], argv[2], tally.size, wanted, gathered);
    if (argc == 3 && strcmp(argv[0], "recv") == 0)
        return receive_all(&tally, argv[1], argv[2], wanted, gathered);
    if (argc == 1 && strcmp(argv[0], "make") == 0) return make_all(tally.size, wanted, tally.lines);
    if (argc == 1 && strcmp(argv[0], "check") == 0) return check_all(&tally, wanted);
    usage(help);
}
