/* What macOS lacks of posix.h, made of the calls that it has. One thread runs, so nobody starts a
 * program between the two. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "common/base/posix.h"

#define SOCK_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

/* Returns the descriptor; or -1 with errno, and it is closed. */
static int set_flags(int fd, bool on_exec, bool nonblocking) {
    int status = on_exec ? fcntl(fd, F_SETFD, FD_CLOEXEC) : 0;
    int flags = status == 0 && nonblocking ? fcntl(fd, F_GETFL) : 0;
    if (status == 0 && nonblocking)
        status = flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (status == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int set_both(int ends[2], bool on_exec, bool nonblocking) {
    if (set_flags(ends[0], on_exec, nonblocking) < 0) {
        close(ends[1]);
        return -1;
    }
    if (set_flags(ends[1], on_exec, nonblocking) < 0) {
        close(ends[0]);
        return -1;
    }
    return 0;
}

int pipe2(int ends[2], int flags) {
    return pipe(ends) < 0 ? -1 : set_both(ends, flags & O_CLOEXEC, flags & O_NONBLOCK);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags) {
    int accepted = accept(fd, address, size);
    return accepted < 0 ? -1 : set_flags(accepted, flags & SOCK_CLOEXEC, flags & SOCK_NONBLOCK);
}

/* Behind a name in parentheses no macro is looked for. */
int posix_socket(int family, int type, int protocol) {
    int fd = (socket)(family, type & ~SOCK_FLAGS, protocol);
    return fd < 0 ? -1 : set_flags(fd, type & SOCK_CLOEXEC, type & SOCK_NONBLOCK);
}

int posix_socketpair(int family, int type, int protocol, int ends[2]) {
    if ((socketpair)(family, type & ~SOCK_FLAGS, protocol, ends) < 0) return -1;
    return set_both(ends, type & SOCK_CLOEXEC, type & SOCK_NONBLOCK);
}
