#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io/sink.h"

#define PIPE_WANTED (1 << 20)       /* fs.pipe-max-size of an ordinary user */
#define PIPE_LEAST (1 << 16)        /* with less, copying is faster */
#define MOVE_ONCE ((size_t)4 << 20) /* a slot of a pipe can hold more than a page */
#define SPARE_PIPES 8
#define FLAGS (SPLICE_F_MOVE | SPLICE_F_NONBLOCK)

/* EPERM: of a container that denies the call, as other system calls it does not know. Where writing
 * is what is not permitted, that says so again. */
static bool declines(void) {
    return errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM;
}

static bool ready_to_take(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, 0) > 0;
}

/* A socket that blocks would block in splice too. */
static bool blocks(int fd, enum source_kind kind) {
    return kind == SOURCE_SOCKET && !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static bool is_regular(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* splice does not say which end failed. Where one is a socket, it is that but for the errors of the
 * other. */
static enum sink_result failure(enum source_kind to_kind) {
    if (to_kind == SOURCE_SOCKET) return errno == EIO ? SINK_SOURCE_FAILED : SINK_FAILED;
    return errno == EPIPE || errno == ENOSPC || errno == EFBIG || errno == EDQUOT || errno == EIO
               ? SINK_FAILED
               : SINK_SOURCE_FAILED;
}

/* One of the two is a pipe: the pages go straight through. */
static enum sink_result move_direct(int from, int to, enum source_kind to_kind, size_t *moved,
                                    size_t *taken) {
    ssize_t n = splice(from, NULL, to, NULL, MOVE_ONCE, FLAGS);
    if (n == 0) return SINK_END;
    if (n < 0 && declines()) return SINK_DECLINED;
    if (n < 0 && loop_not_yet(errno)) return ready_to_take(to) ? SINK_DRY : SINK_FULL;
    if (n < 0) return failure(to_kind);
    *moved = *taken = (size_t)n;
    return SINK_MOVED;
}

/* Pipes that are empty, for whoever needs one next. */
static struct {
    int ends[SPARE_PIPES][2];
    int count;
} spare;

/* A user who has many pipes gets them small, of two pages at last (pipe(7), pipe-user-pages-soft).
 */
static bool is_large(int pipe) {
    return fcntl(pipe, F_SETPIPE_SZ, PIPE_WANTED) > 0 || fcntl(pipe, F_GETPIPE_SZ) >= PIPE_LEAST;
}

static bool open_pipe(struct mover *m) {
    if (m->ends[1] > 0) return true;
    if (spare.count > 0) {
        memcpy(m->ends, spare.ends[--spare.count], sizeof m->ends);
        return true;
    }
    if (pipe2(m->ends, O_CLOEXEC) < 0) return false;
    if (is_large(m->ends[1])) return true;
    mover_free(m);
    return false;
}

/* Others may write to the same open file: all of a script to its log. write(2) takes its place
 * there and moves the offset in one step; splice(2) does not, and the one would write over the
 * other. But lseek(2) does, so it takes the place. NULL: there are no places. */
static loff_t *take_place(const struct mover *m, int to, loff_t *place) {
    if (!m->places) return NULL;
    off_t end = lseek(to, (off_t)m->inside, SEEK_CUR);
    *place = end - (off_t)m->inside;
    return end < 0 ? NULL : place;
}

enum sink_result mover_flush(struct mover *m, int to, size_t *taken) {
    loff_t place, *at = take_place(m, to, &place);
    ssize_t n = 0;
    for (; m->inside > 0; m->inside -= (unsigned)n, *taken += (size_t)n)
        if ((n = splice(m->ends[0], NULL, to, at, m->inside, FLAGS)) <= 0) break;
    if (m->inside == 0) return SINK_MOVED;
    int error = n < 0 ? errno : EIO;
    if (at) lseek(to, -(off_t)m->inside, SEEK_CUR);
    errno = error;
    return declines() ? SINK_DECLINED : loop_not_yet(errno) ? SINK_FULL : SINK_FAILED;
}

static enum sink_result move_through(struct mover *m, int from, int to, size_t *moved,
                                     size_t *taken) {
    if (!open_pipe(m)) return SINK_DECLINED;
    ssize_t n = splice(from, NULL, m->ends[1], NULL, MOVE_ONCE, FLAGS);
    if (n == 0) return SINK_END;
    if (n < 0 && declines()) return SINK_DECLINED;
    if (n < 0) return loop_not_yet(errno) ? SINK_DRY : SINK_SOURCE_FAILED;
    *moved = (size_t)n;
    m->inside = (unsigned)n; /* MOVE_ONCE at most */
    return mover_flush(m, to, taken);
}

/* sockatmark(3), but with nothing left undecided. */
static bool at_mark(int fd) {
    int mark = 0;
    return ioctl(fd, SIOCATMARK, &mark) == 0 && mark;
}

enum sink_result mover_pull(struct mover *m, struct mover_end from, struct mover_end to,
                            size_t *moved, size_t *taken) {
    bool direct = from.kind == SOURCE_PIPE || to.kind == SOURCE_PIPE;
    if (!m->prepared) {
        if (blocks(from.fd, from.kind) || blocks(to.fd, to.kind)) return SINK_DECLINED;
        m->places = to.kind == SOURCE_FILE && is_regular(to.fd);
        if (direct) fcntl(to.kind == SOURCE_PIPE ? to.fd : from.fd, F_SETPIPE_SZ, PIPE_WANTED);
        m->prepared = true;
    }
    enum sink_result result = direct ? move_direct(from.fd, to.fd, to.kind, moved, taken)
                                     : move_through(m, from.fd, to.fd, moved, taken);
    /* splice stops before an urgent byte for good; recv leaves it out and goes on. */
    bool stopped = from.kind == SOURCE_SOCKET && (result == SINK_DRY || result == SINK_END);
    return stopped && at_mark(from.fd) ? SINK_DECLINED : result;
}

void mover_take_back(struct mover *m, struct buf *held) {
    while (m->inside > 0) {
        char *room = buf_reserve(held, m->inside);
        ssize_t n = read(m->ends[0], room, m->inside);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        buf_grown(held, (size_t)n);
        m->inside -= (unsigned)n;
    }
}

void mover_rest(struct mover *m) {
    if (m->ends[1] <= 0) return;
    if (spare.count == SPARE_PIPES) {
        mover_free(m);
        return;
    }
    memcpy(spare.ends[spare.count++], m->ends, sizeof m->ends);
    m->ends[0] = m->ends[1] = 0;
}

void mover_leave(void) {
    for (; spare.count > 0; spare.count--) {
        close(spare.ends[spare.count - 1][0]);
        close(spare.ends[spare.count - 1][1]);
    }
}

void mover_free(struct mover *m) {
    if (m->ends[1] <= 0) return;
    close(m->ends[0]);
    close(m->ends[1]);
    m->ends[0] = m->ends[1] = 0;
}
