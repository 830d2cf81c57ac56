#include "common/io/source.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sock.h"

#define RECHECK (500 * TEXT_NS_PER_MS)

enum source_kind source_kind(int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0) return SOURCE_PIPE; /* the kind that is treated with most care */
    if (S_ISFIFO(st.st_mode)) return SOURCE_PIPE;
    if (S_ISSOCK(st.st_mode)) return SOURCE_SOCKET;
    return S_ISCHR(st.st_mode) && isatty(fd) ? SOURCE_TTY : SOURCE_FILE;
}

bool source_is_null(int fd) {
    struct stat st, null;
    if (fstat(fd, &st) < 0) return false; /* a read will tell */
    return S_ISCHR(st.st_mode) && stat("/dev/null", &null) == 0 && st.st_rdev == null.st_rdev;
}

bool source_in_background(int fd) {
    pid_t front = tcgetpgrp(fd); /* -1: no terminal, or not ours: then nobody stops us */
    return front > 0 && front != getpgrp();
}

static void update(struct source *s);

static void recheck(struct timer *t) { update(container_of(t, struct source, recheck)); }

static void update(struct source *s) {
    bool rest = s->wanted && s->kind == SOURCE_TTY && source_in_background(s->fd);
    if (rest)
        timer_start(s->loop, &s->recheck, RECHECK, recheck);
    else
        timer_stop(&s->recheck);
    watch_want(&s->watch, s->wanted && !rest ? LOOP_READ : 0);
}

static void readable(struct watch *w, unsigned events) {
    struct source *s = container_of(w, struct source, watch);
    (void)events;
    if (s->kind == SOURCE_TTY) update(s); /* the foreground may have changed since */
    if (w->want) s->ready(s);
}

void source_start(struct source *s, struct loop *loop, int fd, void (*ready)(struct source *s)) {
    *s = (struct source){.loop = loop, .fd = fd, .kind = source_kind(fd), .ready = ready};
    watch_start(loop, &s->watch, fd, 0, readable);
}

void source_want(struct source *s, bool on) {
    if (s->wanted == on) return;
    s->wanted = on;
    update(s);
}

void source_stop(struct source *s) {
    watch_stop(&s->watch);
    timer_stop(&s->recheck);
}

/* A terminal says EIO of a read from its background (setpgid(2)), and when it has hung up: then
 * nobody types there any more. Else it is broken. */
static ssize_t read_nothing(int fd) {
    struct pollfd p = {.fd = fd};
    if (!source_in_background(fd) && poll(&p, 1, 0) > 0 && p.revents & POLLHUP) return 0;
    errno = source_in_background(fd) ? EAGAIN : EIO;
    return -1;
}

ssize_t source_read(int fd, enum source_kind kind, void *bytes, size_t n) {
    ssize_t result;
    if (kind == SOURCE_SOCKET) return sock_recv(fd, bytes, n);
    result = read(fd, bytes, n);
    if (result < 0 && errno == EIO && kind == SOURCE_TTY) return read_nothing(fd);
    if (result < 0 && errno == EINTR) errno = EAGAIN; /* the loop has a signal to tell first */
    return result;
}
