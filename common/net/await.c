#include "common/net/await.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/text.h"
#include "common/loop/loop.h"
#include "common/net/trace.h"

#define LISTED 4 /* descriptors of one kind that are named */

/* What a descriptor can be waited for. */
struct kind {
    const char *what;
    const char *call; /* that would sleep; NULL: getaddrinfo(3), of no descriptor */
    bool (*is)(int fd, const struct trace_socket *s);
};

static bool is_client(int fd, const struct trace_socket *s) {
    (void)fd;
    return s->phase == TRACE_LISTENING && s->want & LOOP_READ;
}

static bool is_handshake(int fd, const struct trace_socket *s) {
    (void)fd;
    return s->phase == TRACE_CONNECTING && s->want & LOOP_WRITE;
}

static bool is_bytes(int fd, const struct trace_socket *s) {
    (void)fd;
    return s->phase == TRACE_CONNECTED && s->stream && s->want & LOOP_READ;
}

static bool is_datagram(int fd, const struct trace_socket *s) {
    (void)fd;
    return s->phase != TRACE_UNKNOWN && s->phase != TRACE_LOOKUP && !s->stream &&
           s->want & LOOP_READ;
}

static bool is_room(int fd, const struct trace_socket *s) {
    (void)fd;
    return (s->phase == TRACE_CONNECTED || (s->phase == TRACE_FRESH && !s->stream)) &&
           s->want & LOOP_WRITE;
}

static bool is_lookup(int fd, const struct trace_socket *s) {
    (void)fd;
    return s->phase == TRACE_LOOKUP && s->want & LOOP_READ;
}

static bool is_stdin(int fd, const struct trace_socket *s) {
    return fd == STDIN_FILENO && s->phase == TRACE_UNKNOWN && s->want & LOOP_READ;
}

static bool is_stdout(int fd, const struct trace_socket *s) {
    return fd == STDOUT_FILENO && s->phase == TRACE_UNKNOWN && s->want & LOOP_WRITE;
}

static const struct kind kinds[] = {
    {"a client", "accept", is_client},
    {"the end of the handshake", "connect", is_handshake},
    {"bytes of the peer, or its end", "recv", is_bytes},
    {"a datagram", "recvfrom", is_datagram},
    {"room for what is sent", "send", is_room},
    {"the addresses of a name", NULL, is_lookup},
    {"bytes on stdin", "read", is_stdin},
    {"room on stdout", "write", is_stdout},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* Who is waited for. */
struct waited {
    int count;
    const struct kind *kind; /* of the last one found, and its descriptor */
    int fd;
    char list[CALL_WORDS]; /* "a client (3, 4), bytes on stdin (0)" */
};

static void add_text(struct waited *w, const char *text) {
    size_t used = strlen(w->list);
    snprintf(w->list + used, sizeof w->list - used, "%s", text);
}

/* Adds those of a kind: "a client (3, 4, 5, 6, ...)". */
static void add_kind(struct waited *w, const struct kind *kind) {
    char text[80];
    int found = 0;
    for (int fd = 0; fd < trace_count(); fd++) {
        if (!kind->is(fd, trace_of(fd))) continue;
        if (found == 0)
            snprintf(text, sizeof text, "%s%s (%d", *w->list ? ", " : "", tr(kind->what), fd);
        else
            snprintf(text, sizeof text, found < LISTED ? ", %d" : ", ...", fd);
        if (found <= LISTED) add_text(w, text);
        w->fd = fd;
        found++;
    }
    if (found > 0) {
        add_text(w, ")");
        w->kind = kind;
    }
    w->count += found;
}

static void compose(const struct waited *w, int ms, char out[CALL_WORDS]) {
    char time[TEXT_SHORT];
    if (w->count == 1 && !w->kind->call)
        snprintf(out, CALL_WORDS,
                 tr("...  waiting for %s: a blocking getaddrinfo would sleep here"),
                 tr(w->kind->what));
    else if (w->count == 1)
        snprintf(out, CALL_WORDS, tr("...  waiting for %s: a blocking %s(%d) would sleep here"),
                 tr(w->kind->what), w->kind->call, w->fd);
    else if (w->count > 1)
        snprintf(
            out, CALL_WORDS,
            tr("...  waiting for several at once: %.240s: no blocking call can, it takes poll(2)"),
            w->list);
    else if (ms >= 0)
        snprintf(out, CALL_WORDS, tr("...  waiting for %s to pass, or for a signal"),
                 text_duration(ms * TEXT_NS_PER_MS, time));
    else
        snprintf(out, CALL_WORDS, "%s",
                 tr("...  waiting for a signal, as the end of a command sends one"));
}

/* Of a descriptor that is none (-1) the loop is asked in vain. */
static void wants(int fd, unsigned want) {
    if (fd >= 0) trace_of(fd)->want = want;
}

/* What was said last, and how many lines had been shown then. Of a time only that it is one
 * counts. */
static char said[CALL_WORDS];
static unsigned long said_at;

static void sleeps(int ms) {
    struct waited w = {.count = 0};
    char words[CALL_WORDS];
    for (size_t i = 0; i < KINDS; i++) add_kind(&w, &kinds[i]);
    compose(&w, ms, words);
    const char *matter = w.count > 0 ? words : "";
    if (said_at == call_count() && !strcmp(said, matter)) return;
    call_show_wait(words);
    snprintf(said, sizeof said, "%s", matter);
    said_at = call_count();
}

void await_start(void) {
    static const struct loop_observer observer = {wants, sleeps};
    said_at = (unsigned long)-1;
    loop_observe(&observer);
}
