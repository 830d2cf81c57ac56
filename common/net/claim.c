#include "common/net/claim.h"

#include <errno.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/directory.h"
#include "common/base/lang.h"
#include "common/net/bind.h"
#include "common/net/sock.h"

#define TURNS 5000
#define TURN 1 /* ms */

/* Any user who may read the directory may keep its lock: so it is not waited for without end. */
static void wait_for_turn(int directory) {
    for (int i = 0; i < TURNS; i++) {
        if (flock(directory, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
        poll(NULL, 0, TURN);
    }
}

/* True when somebody holds the path. We ask with a datagram socket, whatever is there: a stream
 * server refuses that (EPROTOTYPE) without a connection to accept, which --once would count. */
static bool is_live(const struct addr *a) {
    int fd = sock_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0) return true;
    /* Any other error leaves it open (EACCES: we may not ask). */
    bool live = sock_connect(fd, a) == 0 || errno != ECONNREFUSED;
    sock_close(fd);
    return live;
}

/* A socket that a server left behind goes. -1: errno is EADDRINUSE for one that is live, ENOTSOCK
 * for what is none, or tells why it stays. */
static int clear(const struct addr *a) {
    struct stat st;
    const char *path = a->as.un.sun_path;
    if (lstat(path, &st) < 0) return 0;
    int error = !S_ISSOCK(st.st_mode) ? ENOTSOCK : is_live(a) ? EADDRINUSE : 0;
    if (!error) return unlink(path);
    errno = error;
    return -1;
}

static int refuse(const struct addr *a, int type, int error, struct cause *cause) {
    const char *path = a->as.un.sun_path;
    if (error == EADDRINUSE) return bind_cause(true, type, a, error, cause);
    if (error == ENOTSOCK)
        return cause_set(cause, STATUS_UNBOUND,
                         "cannot listen on unix:%s: the file exists and is no socket", path);
    return cause_set(cause, STATUS_UNBOUND, "cannot replace the stale socket %s: %s", path,
                     lang_error(error));
}

int claim_path(const struct addr *a, int type, struct cause *cause) {
    const char *name;
    int directory = directory_open(a->as.un.sun_path, &name);
    if (directory < 0) return bind_cause(true, type, a, errno, cause);
    wait_for_turn(directory);
    if (clear(a) == 0) return directory;
    int error = errno;
    close(directory); /* others need not wait until the owner is found */
    return refuse(a, type, error, cause);
}
