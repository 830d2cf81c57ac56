#include "common/cli/inherit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/text.h"
#include "common/net/sock.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */
#define MOST 1024

static int type_of(int fd) {
    int type = 0;
    return sock_get(fd, SOL_SOCKET, SO_TYPE, &type, "SO_TYPE") == 0 ? type : -1;
}

static bool is_listening(int fd) {
    int value = 0;
    return sock_get(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, "SO_ACCEPTCONN") == 0 && value;
}

/* A whole number in decimal digits alone. */
static bool is_number(const char *text, int64_t *number) {
    return text_is_digits(text) && text_number(text, number) == 0;
}

static int count_for_us(void) {
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    int64_t process, count;
    if (!pid || !fds || !is_number(pid, &process) || process != getpid()) return 0;
    if (is_number(fds, &count) && count <= MOST) return (int)count;
    msg_note(0, "LISTEN_FDS is no number from 0 to %d, and not used", MOST);
    return 0;
}

static void clear_environment(void) {
    static const char *const names[] = {"LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS",
                                        "LISTEN_FDNAMES"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unsetenv(names[i]);
}

static int take(int fd, struct listeners *to) {
    if (!to || to->count == LISTEN_MOST || sock_local(fd, &to->addrs[to->count]) < 0) return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || sock_set_blocking(fd, false) < 0) return -1;
    to->fds[to->count++] = fd;
    return 0;
}

/* --- a connection --- */

/* Or has been: the peer may have gone meanwhile. */
static bool is_connected(int fd) { return type_of(fd) == SOCK_STREAM && !is_listening(fd); }

static bool is_same(int fd, const struct stat *socket) {
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_dev == socket->st_dev && st.st_ino == socket->st_ino;
}

static int take_connection(int fd) {
    struct stat socket;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool known = null >= 0 && fstat(fd, &socket) == 0;
    for (int i = STDIN_FILENO; known && i <= STDERR_FILENO; i++)
        if (is_same(i, &socket)) dup2(null, i);
    if (null >= 0) close(null);
    if (!known || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -1;
    return sock_set_blocking(fd, false);
}

const char *inherit_stdin(void *field, const char *value) {
    (void)value;
    if (!is_connected(STDIN_FILENO)) return "stdin is no connected socket";
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FIRST);
    if (fd < 0 || take_connection(fd) < 0) return "the socket cannot be taken over";
    *(int *)field = fd;
    return NULL;
}

/* --- all of them --- */

int inherit_sockets(struct listeners *streams, struct listeners *datagrams, int *connection,
                    struct cause *cause) {
    int count = count_for_us();
    clear_environment();
    if (count == 1 && streams && is_connected(FIRST) && take_connection(FIRST) == 0) {
        *connection = FIRST;
        return 1;
    }
    for (int fd = FIRST; fd < FIRST + count; fd++) {
        int type = type_of(fd);
        struct listeners *to = type == SOCK_DGRAM                        ? datagrams
                               : type == SOCK_STREAM && is_listening(fd) ? streams
                                                                         : NULL;
        if (take(fd, to) == 0) continue;
        return cause_set(cause, STATUS_UNBOUND, "cannot use inherited descriptor %d: %s", fd,
                         tr(to && to->count == LISTEN_MOST ? "too many"
                            : streams                      ? "no listening stream socket"
                                                           : "no datagram socket"));
    }
    return count;
}
