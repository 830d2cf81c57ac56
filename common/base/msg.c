#include "common/base/msg.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/text.h"
#include "common/base/vis.h"
#include "common/base/wrap.h"

#define LINE_MOST ((size_t)4096)
#define SHOWN_MOST (4 * LINE_MOST + VIS_SHOWN)
#define PATIENCE 1000     /* ms, at most */
#define PATIENCE_SHARE 10 /* of the time that passes this part becomes patience again */
#define RED "\033[31m"    /* ECMA-48 SGR */
#define NORMAL "\033[m"

static const char *applet_name;
static int verbosity;
static bool timestamps;
static void (*diverted)(void *ctx, const char *line, size_t size);
static void *diverted_ctx;
static bool stuck; /* a signal came while stderr took nothing: from now on no write waits for it */
static bool bounded;          /* msg_bound_waiting */
static bool line_open;        /* msg_line_open */
static unsigned long missing; /* lines that stderr did not take */

/* How long stderr is still waited for: ms, as of that time (clock_ms). */
static struct { int64_t left, at; } patience = {.left = PATIENCE};

int cause_set(struct cause *cause, enum status status, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    cause->status = status;
    vsnprintf(cause->text, sizeof cause->text, tr(fmt), args);
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

/* --- a stderr that takes nothing --- */

static int64_t clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* A poll(2) that fails says nothing about stderr, and the line is more than the wait. */
static bool takes_within(int64_t ms) {
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    int n = poll(&p, 1, (int)ms);
    stuck |= n < 0 && errno == EINTR;
    return n > 0 || (n < 0 && errno != EINTR);
}

/* Waits as long as there is patience. */
static bool takes_later(void) {
    int64_t begun = clock_ms();
    patience.left += (begun - patience.at) / PATIENCE_SHARE;
    if (patience.left > PATIENCE) patience.left = PATIENCE;
    bool takes = takes_within(patience.left);
    patience.at = clock_ms();
    patience.left -= patience.at - begun;
    if (patience.left < 0) patience.left = 0;
    return takes;
}

/* False: a write now would hold up what is not to be held up. */
static bool takes_more(void) {
    if (!stuck && !bounded) return true;
    return takes_within(0) || (!stuck && takes_later());
}

/* Returns false when stderr took nothing. One that cannot be written is passed over: there is
 * nobody left to tell. */
static bool write_all(const char *line, size_t size) {
    while (size > 0) {
        if (!takes_more()) return false;
        ssize_t n = write(STDERR_FILENO, line, size < PIPE_BUF ? size : PIPE_BUF);
        stuck = n < 0 && errno == EINTR;
        if (n <= 0 && !stuck) return true;
        line += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static void tell_missing(void) {
    char line[128], now[MSG_TIME];
    int n = snprintf(line, sizeof line,
                     trn("%s%lu line is missing here: stderr took nothing\n",
                         "%s%lu lines are missing here: stderr took nothing\n", missing),
                     msg_time(now), missing);
    if (write_all(line, (size_t)n)) missing = 0;
}

static void write_line(const char *line, size_t size) {
    if (diverted) {
        diverted(diverted_ctx, line, size);
        return;
    }
    if (line_open) write_all("\n", 1);
    line_open = false;
    if (missing > 0) tell_missing();
    if (missing > 0 || !write_all(line, size)) missing++;
}

void msg_line_open(bool open) { line_open = open; }

bool msg_line_is_open(void) { return line_open; }

void msg_bound_waiting(void) { bounded = true; }

/* --- lines --- */

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

/* The columns of the terminal that stderr is; SIZE_MAX where it is none, or does not know. */
static size_t columns(void) {
    static int is_terminal = -1;
    struct winsize size;
    if (is_terminal < 0) is_terminal = isatty(STDERR_FILENO);
    if (!is_terminal || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return SIZE_MAX;
    return size.ws_col;
}

/* The text, which may have been cut, made harmless. Returns its size; out holds SHOWN_MOST. */
static size_t compose(char *out, const char *prefix, const char *fmt, va_list args) {
    char line[LINE_MOST];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", prefix);
    int n = vsnprintf(line + used, sizeof line - used, fmt, args);
    if (n > 0) used += (size_t)n;
    if (used > sizeof line - 1) used = sizeof line - 1; /* a line too long is cut, not lost */
    return make_harmless(line, used, out);
}

void msg_error(const char *fmt, ...) {
    char prefix[64], shown[SHOWN_MOST + sizeof RED NORMAL];
    int saved = errno;
    bool coloured = msg_colours(STDERR_FILENO);
    size_t size = coloured ? put(shown, RED) : 0;
    va_list args;
    snprintf(prefix, sizeof prefix, "sockkit%s%s: ", applet_name ? " " : "",
             applet_name ? applet_name : "");
    va_start(args, fmt);
    size += compose(shown + size, prefix, tr(fmt), args);
    va_end(args);
    if (coloured) size += put(shown + size, NORMAL);
    shown[size++] = '\n';
    write_line(shown, size);
    errno = saved;
}

/* At once, newline included, so that no other process writes in between. */
static void write_rows(struct buf *rows) {
    buf_put(rows, "\n", 1);
    write_line(buf_at(rows), rows->size);
    buf_free(rows);
}

void msg_note(int level, const char *fmt, ...) {
    char now[MSG_TIME], shown[SHOWN_MOST];
    struct buf rows = {NULL, 0, 0, 0};
    int saved = errno;
    va_list args;
    if (verbosity < level) return;
    va_start(args, fmt);
    size_t size = compose(shown, msg_time(now), tr(fmt), args);
    va_end(args);
    wrap_text(shown, size, columns(), &rows);
    write_rows(&rows);
    errno = saved;
}

static const char *harmless(const char *text, char out[SHOWN_MOST]) {
    size_t n = strlen(text);
    out[make_harmless(text, n < LINE_MOST ? n : LINE_MOST - 1, out)] = '\0';
    return out;
}

void msg_pair(int level, const char *call, const char *words, size_t at) {
    char now[MSG_TIME], text[LINE_MOST], shown[SHOWN_MOST], explained[SHOWN_MOST];
    struct buf rows = {NULL, 0, 0, 0};
    int saved = errno;
    if (verbosity < level) return;
    msg_time(now);
    snprintf(text, sizeof text, "%s%s", now, call);
    wrap_pair(harmless(text, shown), harmless(words, explained), at + strlen(now), columns(),
              &rows);
    write_rows(&rows);
    errno = saved;
}

int msg_cause(const struct cause *cause) {
    assert(cause->status != STATUS_OK && cause->text[0] != '\0');
    msg_error("%s", cause->text);
    return (int)cause->status;
}
