/* msg: diagnostics, narration and exit statuses. All that sockkit says about itself goes to stderr
 * through here, one write(2) a line, so that the lines of several processes never mix. */
#ifndef SOCKKIT_BASE_MSG_H
#define SOCKKIT_BASE_MSG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#define MSG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define MSG_PRINTF(fmt, args)
#endif

/* What the program ends with. Ended by signal N, the shell shows 128+N. */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1, /* while running: reset, I/O error, child failed */
    STATUS_USAGE = 2,
    STATUS_UNRESOLVED = 3, /* the name has no address */
    STATUS_UNCONNECTED = 4,
    STATUS_TIMEOUT = 5,
    STATUS_UNBOUND = 6,   /* could not listen or bind */
    STATUS_SIGPIPE = 141, /* the reader of stdout has gone; the program ends by SIGPIPE */
};

/* Why something in common/ failed: the status to end with, and the complete words ("cannot listen
 * on 127.0.0.1:80: Permission denied"). Made as {0}: no words, nothing has failed yet. */
struct cause {
    enum status status;
    char text[512];
};

/* Fills in *cause and returns -1, so that a caller can `return cause_set(...)`. The format, here
 * and in what follows, is the English one of the text (lang.h). */
int cause_set(struct cause *cause, enum status status, const char *fmt, ...) MSG_PRINTF(3, 4);

/* The name that stands in front of errors ("serve"; NULL: the program alone). */
void msg_applet(const char *name);

/* The level of narration: -1 errors only (-q), 0 normal, 1 and more with -v. */
void msg_verbosity(int level);
int msg_level(void);

/* --timestamps: each line of narration, and of what others show, begins with the local time. */
void msg_timestamps(bool on);
/* What such a line begins with: "12:04:31.004512 ", or "" without --timestamps. Returns out. */
#define MSG_TIME 40
const char *msg_time(char out[MSG_TIME]);

/* True when fd is a terminal that takes escape sequences: TERM is set, not empty and not "dumb". */
bool msg_draws(int fd);
/* True when it may have colours as well: NO_COLOR is not set (no-color.org). */
bool msg_colours(int fd);

/* An error, "sockkit APPLET: ...": always shown. errno is preserved. The words may quote a peer:
 * here and in msg_note controls are made visible (vis.h) and newlines become spaces. */
void msg_error(const char *fmt, ...) MSG_PRINTF(1, 2);

/* Narration: a bare line, shown when the verbosity is at least `level`; on a terminal in rows of
 * its width. errno is preserved. */
void msg_note(int level, const char *fmt, ...) MSG_PRINTF(2, 3);

/* The same of a call and the words that explain it, which begin at the column `at` of one line; on
 * a terminal that is narrower they stand below the call. */
void msg_pair(int level, const char *call, const char *words, size_t at);

/* Shows a cause, which has been set, as an error and returns its status. */
int msg_cause(const struct cause *cause);

/* From now on a stderr that takes nothing (a pipe that nobody reads) holds the program up for a
 * second at once, and in the long run for a tenth of the time; a line that it does not take is
 * dropped, and how many were is told in their place. Before, each line waits for as long as no
 * signal comes. */
void msg_bound_waiting(void);

/* The file that stderr is, which somebody else writes to as well, ends with an unfinished line: the
 * next line begins on a new one. */
void msg_line_open(bool open);
/* True until then. */
bool msg_line_is_open(void);

/* Hands finished lines (newline included) to `write_line` instead of stderr: a line editor on the
 * same terminal shows them above the line being typed. NULL: stderr again. */
void msg_divert(void (*write_line)(void *ctx, const char *line, size_t size), void *ctx);

#endif
