/*
 * What the load generators share: a clock, numeric addresses, a histogram of latencies.
 * Header only, so that each generator is one file. All of it ends the program on failure.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* One line on stderr, errno's meaning included, and exit 1. */
_Noreturn static inline void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

_Noreturn static inline void usage(const char *text) {
    fprintf(stderr, "usage: %s\n", text);
    exit(2);
}

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static inline void *alloc(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) die("calloc");
    return memory;
}

/* What a process holds now, from its page tables: the system's counters are off by up to 64 pages a
 * core. */
static inline long resident_kib(long pid) {
    char path[64], line[128];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    if (!file) die(path);
    while (!kib && fgets(line, sizeof line, file)) sscanf(line, "Rss: %ld", &kib);
    fclose(file);
    return kib;
}

/* Processor time that a process of one thread has taken. */
static inline double cpu_us(long pid) {
    char path[64];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%ld/schedstat", pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%llu", &ns) != 1) die(path);
    fclose(file);
    return (double)ns / 1e3;
}

/* A number of an option or operand in 1..max, or usage(text). */
static inline unsigned long number(const char *s, unsigned long max, const char *text) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(s, &end, 10);
    if (errno || end == s || *end || value < 1 || value > max) usage(text);
    return value;
}

/* A socket of TYPE for a numeric HOST and PORT, and their address. The caller owns *address
 * (freeaddrinfo). */
static inline int socket_for(const char *host, const char *port, int type,
                             struct addrinfo **address) {
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    int error = getaddrinfo(host, port, &hints, address);
    if (error) {
        fprintf(stderr, "%s %s: %s\n", host, port, gai_strerror(error));
        exit(2);
    }
    int fd = socket((*address)->ai_family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    return fd;
}

/* A connected blocking socket, Nagle off where it is a stream. */
static inline int dial(const char *host, const char *port, int type) {
    struct addrinfo *address;
    int fd = socket_for(host, port, type, &address);
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) die("connect");
    freeaddrinfo(address);
    if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

/* A listening socket on HOST and PORT. */
static inline int listen_on(const char *host, const char *port) {
    struct addrinfo *address;
    int fd = socket_for(host, port, SOCK_STREAM, &address);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, 4096) < 0) die("listen");
    freeaddrinfo(address);
    return fd;
}

/* Counts by octave, each cut in 32: a percentile is at most 3 % too high. */
enum { HIST_CUTS = 32, HIST_SLOTS = 60 * HIST_CUTS };

struct hist {
    uint64_t total;
    uint64_t count[HIST_SLOTS];
};

static inline void hist_add(struct hist *h, uint64_t ns) {
    unsigned shift = ns < HIST_CUTS ? 0 : (unsigned)(63 - __builtin_clzll(ns)) - 5 + 1;
    size_t slot =
        shift ? shift * (size_t)HIST_CUTS + (size_t)((ns >> (shift - 1)) - HIST_CUTS) : (size_t)ns;
    h->count[slot < HIST_SLOTS ? slot : HIST_SLOTS - 1]++;
    h->total++;
}

/* The latency in microseconds that SHARE (0..1) of what was counted does not exceed. */
static inline double hist_us(const struct hist *h, double share) {
    uint64_t wanted = (uint64_t)((double)h->total * share), seen = 0;
    size_t slot = 0;
    while (slot < HIST_SLOTS - 1 && (seen += h->count[slot]) <= wanted) slot++;
    size_t shift = slot / HIST_CUTS, cut = slot % HIST_CUTS;
    uint64_t ns = shift ? (HIST_CUTS + cut + 1) << (shift - 1) : slot + 1;
    return (double)ns / 1e3;
}

#endif
