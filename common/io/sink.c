#include "common/io/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/net/sock.h"

#define COPY_ONCE ((size_t)65536)
#define TTY_ONCE ((size_t)256) /* what a terminal that polls writable takes without blocking */

void sink_start(struct sink *s, int fd) {
    *s = (struct sink){.fd = fd, .kind = source_kind(fd), .copying = sock_copying()};
    if (s->kind == SOURCE_TTY) s->copying = true;
}

void sink_free(struct sink *s) {
    buf_free(&s->held);
    mover_free(&s->mover);
}

void sink_rest(struct sink *s) {
    if (s->mover.inside == 0) mover_rest(&s->mover);
}

static bool writable(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, 0) > 0;
}

/* One write that does not block: a pipe that polls writable takes PIPE_BUF bytes (POSIX), more
 * might wait for its reader. */
static ssize_t write_some(const struct sink *s, const char *bytes, size_t n) {
    size_t most = s->kind == SOURCE_PIPE ? PIPE_BUF : s->kind == SOURCE_TTY ? TTY_ONCE : n;
    if (s->kind == SOURCE_SOCKET) return sock_send(s->fd, bytes, n);
    if (s->kind != SOURCE_FILE && !writable(s->fd)) {
        errno = EAGAIN;
        return -1;
    }
    return write(s->fd, bytes, n < most ? n : most);
}

static enum sink_result write_all(struct sink *s, const char **bytes, size_t *n) {
    while (*n > 0) {
        size_t most = throttle_most(s->pace, *n);
        if (most == 0) return SINK_FULL;
        ssize_t done = write_some(s, *bytes, most);
        if (done < 0 && loop_not_yet(errno)) return SINK_FULL;
        if (done <= 0) { /* what takes nothing, and says nothing, would be asked for ever */
            s->error = done < 0 ? errno : EIO;
            return SINK_FAILED;
        }
        throttle_spend(s->pace, (size_t)done);
        s->taken += (size_t)done;
        *bytes += done;
        *n -= (size_t)done;
    }
    return SINK_MOVED;
}

enum sink_result sink_put(struct sink *s, const char *bytes, size_t n) {
    enum sink_result result = SINK_FULL;
    if (sink_waiting(s) == 0) result = write_all(s, &bytes, &n);
    if (result == SINK_FULL) buf_put(&s->held, bytes, n);
    return result;
}

enum sink_result sink_flush(struct sink *s) {
    size_t taken = 0;
    if (s->mover.inside > 0) {
        enum sink_result result = mover_flush(&s->mover, s->fd, &taken);
        s->taken += taken;
        if (result == SINK_DECLINED) mover_take_back(&s->mover, &s->held);
        if (result == SINK_FAILED) s->error = errno;
        if (result == SINK_FULL || result == SINK_FAILED) return result;
    }
    const char *bytes = buf_at(&s->held);
    size_t left = s->held.size;
    enum sink_result result = write_all(s, &bytes, &left);
    buf_drop(&s->held, s->held.size - left);
    return result;
}

enum sink_result sink_give(struct sink *s, const char *bytes, size_t n) {
    bool end = false;
    if (s->look) s->look(s->ctx, &bytes, &n, &end);
    enum sink_result result = sink_put(s, bytes, n);
    return end && result != SINK_FAILED ? SINK_END : result;
}

static enum sink_result copy(struct sink *s, int from, enum source_kind kind, size_t *moved) {
    static char room[COPY_ONCE];
    size_t most =
        throttle_most(s->pace, kind == SOURCE_SOCKET ? sock_read_most(sizeof room) : sizeof room);
    if (most == 0) return SINK_FULL;
    ssize_t n = source_read(from, kind, room, most);
    if (n < 0) return loop_not_yet(errno) ? SINK_DRY : SINK_SOURCE_FAILED;
    if (n == 0) return SINK_END;
    *moved = (size_t)n;
    return sink_give(s, room, (size_t)n);
}

enum sink_result sink_pull(struct sink *s, int from, enum source_kind kind, size_t *moved) {
    size_t taken = 0;
    *moved = 0;
    if (!sink_moves(s) || kind == SOURCE_TTY) return copy(s, from, kind, moved);
    enum sink_result result = mover_pull(&s->mover, (struct mover_end){from, kind},
                                         (struct mover_end){s->fd, s->kind}, moved, &taken);
    s->taken += taken;
    if (result == SINK_FAILED) s->error = errno;
    if (result != SINK_DECLINED) return result;
    s->mover.declined = true;
    mover_take_back(&s->mover, &s->held);
    if (s->held.size > 0) return sink_flush(s);
    return copy(s, from, kind, moved);
}
