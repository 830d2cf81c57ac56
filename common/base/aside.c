#include "common/base/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool enabled;

void aside_enable(bool on) { enabled = on; }

int aside_move(int fd) {
    int error = errno;
    int moved = enabled && fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, ASIDE_FIRST) : -1;
    if (moved >= 0) close(fd);
    errno = error;
    return moved >= 0 ? moved : fd;
}
