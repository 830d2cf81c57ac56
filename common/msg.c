#include "msg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_ROOM 4096

static const char *applet_name;
static int verbosity;
static void (*diverted)(void *ctx, const char *line, size_t size);
static void *diverted_ctx;

int cause_set(struct cause *cause, enum status status, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    cause->status = status;
    vsnprintf(cause->text, sizeof cause->text, fmt, args);
    va_end(args);
    return -1;
}

void msg_applet(const char *name) { applet_name = name; }

void msg_verbosity(int level) { verbosity = level; }

int msg_level(void) { return verbosity; }

void msg_divert(void (*write_line)(void *ctx, const char *line, size_t size), void *ctx) {
    diverted = write_line;
    diverted_ctx = ctx;
}

/* stderr may be gone or full: there is nobody left to tell. */
static void write_line(const char *line, size_t size) {
    if (diverted) {
        diverted(diverted_ctx, line, size);
        return;
    }
    while (size > 0) {
        ssize_t n = write(STDERR_FILENO, line, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        line += n;
        size -= (size_t)n;
    }
}

static void say(const char *prefix, const char *fmt, va_list args) {
    char line[LINE_ROOM];
    int saved = errno;
    size_t used = (size_t)snprintf(line, sizeof line, "%s", prefix);
    int n = vsnprintf(line + used, sizeof line - used - 1, fmt, args);
    if (n > 0) used += (size_t)n;
    if (used > sizeof line - 2) used = sizeof line - 2; /* a line too long is cut, not lost */
    line[used++] = '\n';
    write_line(line, used);
    errno = saved;
}

void msg_error(const char *fmt, ...) {
    char prefix[64];
    va_list args;
    snprintf(prefix, sizeof prefix, "sockkit%s%s: ", applet_name ? " " : "",
             applet_name ? applet_name : "");
    va_start(args, fmt);
    say(prefix, fmt, args);
    va_end(args);
}

void msg_note(int level, const char *fmt, ...) {
    va_list args;
    if (verbosity < level) return;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
}

int msg_cause(const struct cause *cause) {
    msg_error("%s", cause->text);
    return (int)cause->status;
}
