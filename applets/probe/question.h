/* question: what a target is asked, and which answer makes it count as open. Pure. */
#ifndef SOCKKIT_PROBE_QUESTION_H
#define SOCKKIT_PROBE_QUESTION_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "applets/probe/ports.h"

/* What must be in an answer. {0}: nothing. */
struct expect {
    const char *text; /* --expect; NULL: none. The caller's. */
    size_t text_size;
    bool has_pattern; /* --expect-regex */
    regex_t pattern;
    char nul; /* what stands for a NUL in what the pattern is matched with */
    /* --status: of HTTP alone; empty: 200-399 */
    struct port_list statuses;
};

/* Compiles an ERE; regex(7). 0, or -1 with what is wrong with it in why[size]. */
int expect_pattern(struct expect *e, const char *ere, char *why, size_t size);
void expect_free(struct expect *e);

/* How one target is asked. */
struct question {
    int type;  /* SOCK_STREAM, SOCK_DGRAM */
    bool http; /* the payload is a request of HTTP */
    /* Sent first; empty: nothing (a datagram: an empty one). */
    const char *payload;
    size_t payload_size;
    const struct expect *expect;
    bool banner; /* the first line of the answer is wanted */
};

/* True when to be connected is not enough. */
bool question_needs_answer(const struct question *q);
/* True when there is something to be read. */
bool question_reads(const struct question *q);

/* The most bytes of an answer that are looked at. */
#define QUESTION_ANSWER ((size_t)65536)

enum answer {
    ANSWER_UNKNOWN, /* more is to come */
    ANSWER_GOOD,    /* nothing more is wanted */
    ANSWER_WRONG,
};
/* What the n > 0 bytes of an answer mean; `ended`: no more will come. A datagram is whole. */
enum answer question_judge(const struct question *q, const char *bytes, size_t n, bool ended);

/* The first line of the n > 0 bytes, without its end: where it begins, *size its length. Of HTTP it
 * is the status line. */
const char *question_line(const struct question *q, const char *bytes, size_t n, size_t *size);

#endif
