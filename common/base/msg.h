/* msg: diagnostics, narration and exit statuses.
 *
 * Everything sockkit says about itself goes to stderr through here, one write(2)
 * a line, so that lines of several processes never mix. Data never does.
 */
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

/* What the program ends with; ended by signal N it is 128+N. */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1, /* while running: reset, I/O error, child failed */
    STATUS_USAGE = 2,
    STATUS_UNRESOLVED = 3, /* the name has no address */
    STATUS_UNCONNECTED = 4,
    STATUS_TIMEOUT = 5,
    STATUS_UNBOUND = 6,   /* could not listen or bind */
    STATUS_SIGPIPE = 141, /* the reader of stdout has gone: the program ends by SIGPIPE */
};

/* Why something in common/ failed: the status to end with and the words to say.
 * The words are complete ("cannot listen on 127.0.0.1:80: Permission denied"). */
struct cause {
    enum status status;
    char text[512];
};

/* Fills in *cause and returns -1, so that a caller can `return cause_set(...)`. */
int cause_set(struct cause *cause, enum status status, const char *fmt, ...) MSG_PRINTF(3, 4);

/* The name that stands in front of errors ("serve"; NULL: the program alone). */
void msg_applet(const char *name);

/* -1 errors only (-q), 0 normal, 1 and up with -v. */
void msg_verbosity(int level);
int msg_level(void);

/* True when fd is a terminal that knows escape sequences (TERM is set, and not "dumb"); when it is
 * to have colours as well (no-color.org). */
bool msg_draws(int fd);
bool msg_colours(int fd);

/* "sockkit APPLET: ...": always shown. errno is preserved. What the words quote from a peer is made
 * harmless, here and in msg_note. */
void msg_error(const char *fmt, ...) MSG_PRINTF(1, 2);

/* Narration: a bare line, shown when the verbosity is at least `level`. errno is preserved. */
void msg_note(int level, const char *fmt, ...) MSG_PRINTF(2, 3);

/* Shows a cause as an error and returns its status. */
int msg_cause(const struct cause *cause);

/* Who writes finished lines (newline included). The default writes to stderr; a line
 * editor on the same terminal puts itself in between. NULL brings the default back. */
void msg_divert(void (*write_line)(void *ctx, const char *line, size_t size), void *ctx);

#endif
