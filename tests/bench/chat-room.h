/*
 * A chat room as its load generator sees it, and the log by which everything heard in it is judged.
 *
 * The log holds what the room said, in the order it was first heard. What every other member
 * receives is compared with it byte by byte, and each speaker's lines have to be in it gapless and
 * in order. So one loss, one swap or one changed byte at one member is seen. Where a room does not
 * send a member its own words (ncat, IRC), those are left out of what that member has to receive,
 * and only the listener extends the log.
 */
#ifndef BENCH_CHAT_ROOM_H
#define BENCH_CHAT_ROOM_H

#include "load.h"

#include <stdbool.h>

enum { CHUNK = 256 * 1024, NOISE = 512 };

struct protocol {
    const char *name;
    bool own_words;        /* a speaker hears itself */
    bool irc;              /* NICK, USER and JOIN before it hears anything */
    const char *say, *end; /* around what is said */
};

struct member {
    int fd;
    unsigned id;
    bool joined, synced, blocked;
    char noise[NOISE]; /* the line being read before SYNC1 */
    size_t noise_length;
    char unsent[1024]; /* of the last line said */
    size_t unsent_length;
    size_t position;  /* in the log */
    size_t line;      /* the first line of the log not heard to its end */
    size_t consumed;  /* bytes received since SYNC1 */
    size_t own_bytes; /* bytes of the log that this member is not sent */
    uint64_t said, heard;
    uint64_t *said_at; /* by line */
    size_t said_room;
};

struct spoken {
    size_t end;
    unsigned speaker; /* 0: nobody */
    uint64_t said_at;
};

struct room {
    const char *host;
    char **ports; /* of the servers of the room */
    size_t port_count;
    const struct protocol *protocol;
    struct member *members; /* 0 is the listener */
    unsigned count, speakers, rate, window, joined, synced;
    size_t text_size;
    uint64_t duration, started, last, deliveries, wrong, lines_said;
    bool stopping;
    int epoll;
    long server;
    char *log;
    size_t length, complete, log_room;
    struct spoken *lines;
    size_t line_count, line_room;
    uint64_t *next; /* the line each speaker has to say next, as the log has it */
    struct hist latency;
};

/* Memory for at least WANTED items of SIZE bytes, twice that when it has to grow. The caller owns
 * it (free). */
void *array_grow(void *memory, size_t *room, size_t wanted, size_t size);

/* How many bytes the member may be asked for now, at most CHUNK: no more than the log can judge. 0:
 * it is ahead of the listener, ask later. */
size_t room_judgeable(const struct room *room, const struct member *m);

/* Judges what the member received at time NOW; counts deliveries, latencies and what is wrong. */
void room_hear(struct room *room, struct member *m, const char *bytes, size_t length, uint64_t now);

#endif
