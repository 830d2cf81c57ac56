#include "common/io/rest.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define BRIEF (2 * TEXT_NS_PER_S)
#define TELL_AFTER (1 * TEXT_NS_PER_S)
/* The writer of a pipe that was full needs a moment to go on. */
#define QUIET (100 * TEXT_NS_PER_MS)

/* How often the system is asked who holds the other end: soon, for a peer that closes has ended its
 * side an instant before; then ever more seldom. */
#define STEP_FIRST (10 * TEXT_NS_PER_MS)
#define STEP_MOST (1 * TEXT_NS_PER_S)

enum rest_verdict rest_judge(enum source_kind kind, bool delivered, bool spoke) {
    if (kind == SOURCE_FILE) return REST_TO_END;
    if (kind == SOURCE_TTY) return REST_OVER;
    return spoke && !delivered ? REST_BRIEFLY : REST_TO_END;
}

static bool readable_now(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0 && p.revents & POLLIN;
}

/* A Unix socket whose peer has closed, or a reset: of that the owner of the connection has not
 * heard yet, and is the one to tell it. */
static bool hangs_up(int sock) {
    struct pollfd p = {.fd = sock};
    return poll(&p, 1, 0) > 0 && p.revents & (POLLERR | POLLHUP);
}

/* Has the system shown that nobody has the other end of the connection any more? A TCP peer that
 * resets has gone as well. Its reset is here before its socket is not, so it is looked for last. */
static bool abandoned(const struct rest *r) {
    struct addr local, peer;
    if (sock_local(r->sock, &local) < 0) return false;
    if (addr_family(&local) == AF_UNIX) return hangs_up(r->sock);
    return sock_peer(r->sock, &peer) == 0 && sysinfo_abandoned(&local, &peer) && !hangs_up(r->sock);
}

static void end(struct rest *r) {
    rest_stop(r);
    r->over(r);
}

static void tell(struct rest *r) {
    if (r->told || loop_now(r->loop) - r->heard < TELL_AFTER) return;
    r->told = true;
    msg_note(0, "%s has ended its side: waiting for stdin", r->peer);
}

static void look(struct rest *r);

static void look_again(struct timer *t) { look(container_of(t, struct rest, timer)); }

/* What is in stdin already is sent, or the attempt to send it tells that the peer has gone. */
static void look(struct rest *r) {
    bool silent = !readable_now(r->in);
    bool quiet = silent && loop_now(r->loop) - r->heard >= QUIET;
    if (quiet && !r->keep && abandoned(r)) {
        end(r);
        return;
    }
    if (silent && r->brief && loop_now(r->loop) - r->began >= BRIEF) {
        msg_note(0,
                 "%s has ended its side and stdin said nothing: not waiting for it "
                 "(--keep-sending: do)",
                 r->peer);
        end(r);
        return;
    }
    tell(r);
    r->step = r->step * 2 < STEP_MOST ? r->step * 2 : STEP_MOST;
    int64_t left = r->began + BRIEF - loop_now(r->loop);
    timer_start(r->loop, &r->timer, r->brief && left > 0 && left < r->step ? left : r->step,
                look_again);
}

void rest_start(struct rest *r, struct loop *loop, enum source_kind kind, bool delivered,
                bool spoke) {
    enum rest_verdict verdict =
        r->keep ? REST_TO_END : rest_judge(kind, delivered || readable_now(r->in), spoke);
    r->loop = loop;
    r->began = r->heard = loop_now(loop);
    r->step = STEP_FIRST / 2;
    r->brief = verdict == REST_BRIEFLY;
    r->told = false;
    if (verdict == REST_OVER)
        end(r);
    else if (kind != SOURCE_FILE) /* which is ready at any time: there is no waiting */
        look(r);
}

void rest_prepare(int in) {
    struct stat st;
    if (fstat(in, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) sysinfo_prepare();
}

void rest_heard(struct rest *r) {
    if (!r->loop) return;
    r->brief = false;
    r->heard = loop_now(r->loop);
}

void rest_hurry(struct rest *r) {
    if (!timer_running(&r->timer)) return;
    r->step = STEP_FIRST / 2;
    look(r);
}

void rest_stop(struct rest *r) {
    timer_stop(&r->timer);
    r->loop = NULL;
}

uint64_t rest_unread(int fd) {
    struct stat st;
    off_t at = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
    return at >= 0 && st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
}
