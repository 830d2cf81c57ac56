#include "common/base/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The device gives as many as it is asked for. */
static int read_device(void *bytes, size_t size) {
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t n = read(fd, bytes, size);
    int error = n < 0 ? errno : EIO;
    close(fd);
    errno = error;
    return n == (ssize_t)size ? 0 : -1;
}

int entropy_fill(void *bytes, size_t size) {
    return getentropy(bytes, size) == 0 ? 0 : read_device(bytes, size);
}
