/* What becomes of stdin when the peer has ended its side first. */
#include "common/io/rest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/loop/loop.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"
#include "unit.h"

static int leaving = -1; /* a peer that closes while it is being asked after */

/* In the place of libc's: by it the system is asked who has the other end. */
ssize_t send(int fd, const void *bytes, size_t n, int flags) {
    if (leaving >= 0) close(leaving);
    leaving = -1;
    return syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

static void verdicts(void) {
    for (int known = 0; known < 4; known++) {
        bool delivered = known & 1, spoke = known & 2;
        enum rest_verdict pipe = spoke && !delivered ? REST_BRIEFLY : REST_TO_END;
        CHECK(rest_judge(SOURCE_FILE, delivered, spoke) == REST_TO_END);
        CHECK(rest_judge(SOURCE_TTY, delivered, spoke) == REST_OVER);
        CHECK(rest_judge(SOURCE_PIPE, delivered, spoke) == pipe);
        CHECK(rest_judge(SOURCE_SOCKET, delivered, spoke) == pipe);
    }
}

static void unread(void) {
    char path[] = "/tmp/unread.XXXXXX";
    int ends[2], fd = mkstemp(path);
    CHECK(fd >= 0 && pipe(ends) == 0 && ftruncate(fd, 1000) == 0);
    unlink(path);
    CHECK(rest_unread(fd) == 1000);
    CHECK(lseek(fd, 400, SEEK_SET) == 400 && rest_unread(fd) == 600);
    CHECK(lseek(fd, 2000, SEEK_SET) == 2000 && rest_unread(fd) == 0);
    CHECK(rest_unread(ends[0]) == 0 && rest_unread(-1) == 0);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

/* A connection over the loopback interface. */
struct connection {
    int ours, peers;
};

static struct connection connection(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    struct connection c = {.ours = socket(AF_INET, SOCK_STREAM, 0)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&a, size) == 0 && listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&a, &size) == 0);
    CHECK(connect(c.ours, (struct sockaddr *)&a, size) == 0);
    c.peers = accept(listener, NULL, NULL);
    CHECK(c.peers >= 0);
    close(listener);
    return c;
}

static bool is_over;

static void over(struct rest *r) {
    (void)r;
    is_over = true;
}

/* Is a pipe given up when the peer has ended its side, and closes a moment later? `last`: what the
 * pipe says in that moment. */
static bool given_up(bool by_reset, const char *last) {
    struct connection c = connection();
    struct linger linger = {.l_onoff = by_reset};
    struct loop *loop = loop_new();
    int ends[2];
    CHECK(loop && pipe(ends) == 0);
    CHECK(setsockopt(c.peers, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
    CHECK(shutdown(c.peers, SHUT_WR) == 0);
    leaving = c.peers;
    struct rest rest = {.peer = "peer", .sock = c.ours, .in = ends[0], .over = over};
    is_over = false;
    rest_start(&rest, loop, SOURCE_PIPE, true, false);
    CHECK(write(ends[1], last, strlen(last)) == (ssize_t)strlen(last));
    loop_run_for(loop, 500 * TEXT_NS_PER_MS);
    rest_stop(&rest);
    if (leaving >= 0) close(leaving); /* nobody was asked */
    leaving = -1;
    loop_free(loop);
    close(c.ours);
    close(ends[0]);
    close(ends[1]);
    return is_over;
}

/* Can this system tell that the other end is nobody's? */
static bool system_tells(void) {
    struct connection c = connection();
    struct addr local, peer;
    CHECK(sock_local(c.ours, &local) == 0 && sock_peer(c.ours, &peer) == 0);
    close(c.peers);
    bool told = sysinfo_abandoned(&local, &peer);
    close(c.ours);
    return told;
}

static void nobody_there(void) {
    CHECK(given_up(false, "") == system_tells());
    CHECK(!given_up(true, "")); /* the connection's own error will tell */
}

static void more_to_say(void) { CHECK(!given_up(false, "more")); }

int main(void) {
    static const struct unit_test tests[] = {
        {"bytes come before convenience, but no idle pipe is waited for", verdicts},
        {"what was never read of a regular file is known, of nothing else", unread},
        {"stdin is not waited for when nobody holds the other end, but a reset is one",
         nobody_there},
        {"what stdin says in the moment after is more than the peer took", more_to_say},
    };
    return UNIT_RUN(tests);
}
