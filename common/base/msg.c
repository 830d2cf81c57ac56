#include "common/base/msg.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/base/vis.h"

#define LINE_MOST ((size_t)4096)
#define RED "\033[31m" /* ECMA-48 SGR */
#define NORMAL "\033[m"

static const char *applet_name;
static int verbosity;
static bool timestamps;
static void (*diverted)(void *ctx, const char *line, size_t size);
static void *diverted_ctx;
static bool stuck; /* a signal came while stderr took nothing: from now on no write waits for it */

int cause_set(struct cause *cause, enum status status, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    cause->status = status;
    vsnprintf(cause->text, sizeof cause->text, fmt, args);
    va_end(args);
    return -1;
}

void msg_applet(const char *name) { applet_name = name; }

void msg_timestamps(bool on) {
    if (on) tzset(); /* later the files of time zones may be out of reach */
    timestamps = on;
}

const char *msg_time(char out[MSG_TIME]) {
    char clock[TEXT_CLOCK];
    struct timespec now;
    out[0] = '\0';
    if (!timestamps) return out;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(out, MSG_TIME, "%s ", text_clock(&now, clock));
    return out;
}

void msg_verbosity(int level) { verbosity = level; }

int msg_level(void) { return verbosity; }

bool msg_draws(int fd) {
    const char *term = getenv("TERM");
    return term && *term && strcmp(term, "dumb") != 0 && isatty(fd);
}

bool msg_colours(int fd) {
    const char *no_colour = getenv("NO_COLOR");
    return !(no_colour && *no_colour) && msg_draws(fd);
}

void msg_divert(void (*write_line)(void *ctx, const char *line, size_t size), void *ctx) {
    diverted = write_line;
    diverted_ctx = ctx;
}

static bool takes_more(void) {
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) > 0;
}

/* A stderr that cannot be written is passed over: there is nobody left to tell. */
static void write_line(const char *line, size_t size) {
    if (diverted) {
        diverted(diverted_ctx, line, size);
        return;
    }
    while (size > 0 && (!stuck || takes_more())) {
        ssize_t n = write(STDERR_FILENO, line, size);
        stuck = n < 0 && errno == EINTR;
        if (stuck) continue;
        if (n <= 0) return;
        line += n;
        size -= (size_t)n;
    }
}

/* What the line quotes from a peer must not act on the terminal, nor begin a line that looks like
 * one of ours. */
static size_t make_harmless(const char *line, size_t size, char *out) {
    size_t n = vis_whole(line, size, out);
    for (size_t i = 0; i < n; i++)
        if (out[i] == '\n') out[i] = ' ';
    return n;
}

static size_t put(char *out, const char *text) {
    memcpy(out, text, strlen(text));
    return strlen(text);
}

static void say(const char *prefix, bool is_error, const char *fmt, va_list args) {
    char line[LINE_MOST], shown[4 * LINE_MOST + sizeof RED NORMAL + VIS_SHOWN];
    int saved = errno;
    bool coloured = is_error && msg_colours(STDERR_FILENO);
    size_t used = (size_t)snprintf(line, sizeof line, "%s", prefix), size = 0;
    int n = vsnprintf(line + used, sizeof line - used, fmt, args);
    if (n > 0) used += (size_t)n;
    if (used > sizeof line - 1) used = sizeof line - 1; /* a line too long is cut, not lost */
    if (coloured) size += put(shown, RED);
    size += make_harmless(line, used, shown + size);
    if (coloured) size += put(shown + size, NORMAL);
    shown[size++] = '\n';
    write_line(shown, size);
    errno = saved;
}

void msg_error(const char *fmt, ...) {
    char prefix[64];
    va_list args;
    snprintf(prefix, sizeof prefix, "sockkit%s%s: ", applet_name ? " " : "",
             applet_name ? applet_name : "");
    va_start(args, fmt);
    say(prefix, true, fmt, args);
    va_end(args);
}

void msg_note(int level, const char *fmt, ...) {
    char now[MSG_TIME];
    va_list args;
    if (verbosity < level) return;
    va_start(args, fmt);
    say(msg_time(now), false, fmt, args);
    va_end(args);
}

int msg_cause(const struct cause *cause) {
    assert(cause->status != STATUS_OK && cause->text[0] != '\0');
    msg_error("%s", cause->text);
    return (int)cause->status;
}
