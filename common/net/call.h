/* call: a socket call as a line of --trace: its real arguments, its result, and what it did in
 * plain words (trace.h has the words). errno is preserved. */
#ifndef SOCKKIT_NET_CALL_H
#define SOCKKIT_NET_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/msg.h"

#define CALL_MOST 320  /* bytes of a call as it is shown, from its name to its result */
#define CALL_WORDS 400 /* bytes of its words */
#define CALL_COLUMN 50 /* where they begin */

/* "CALL = RESULT WORDS"; of a negative result "CALL = -1 ENAME: its meaning (WORDS)". Words that
 * are in the catalogue may be the English ones (lang.h). */
void call_show(long result, const char *words, const char *fmt, ...) MSG_PRINTF(3, 4);
/* The same with the `result` bytes of a payload, C-escaped, for the words. */
void call_show_payload(ssize_t result, const void *bytes, const char *fmt, ...) MSG_PRINTF(3, 4);
/* A line that is no call: what the program waits for. */
void call_show_wait(const char *words);

/* "ECONNREFUSED"; "errno" for a number that no socket call fails with. */
const char *call_error_name(int number);

/* How many lines have been shown. */
unsigned long call_count(void);

/* The call of the next line began at this time (loop_clock); else its time is that of the line. A
 * call that another process may learn of before it has returned says so, so that a cause has the
 * earlier time. */
void call_began(int64_t at);

/* A line, as others may show it. */
struct call_line {
    int64_t at;
    const char *call; /* "socket(AF_INET, SOCK_STREAM)             = 3"; "" where it is no call */
    const char *words;
};

/* Instead of the lines `show` is called. NULL: lines again. */
void call_divert(void (*show)(void *ctx, const struct call_line *line), void *ctx);
/* Called after each line (--step). NULL: nobody. */
void call_pause(void (*pause)(void));

#endif
