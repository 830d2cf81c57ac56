#include "common/cli/port_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/entropy.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"

#define TEMPORARY 32
#define TRIES 100

static int cannot_write(const char *path, const char *why) {
    msg_error("cannot write %s: %s", path, tr(why));
    return STATUS_FAILED;
}

/* A device, a FIFO or a link would be replaced, and be gone at the end. */
static bool is_replaceable(const struct removal *r) {
    struct stat st;
    return fstatat(r->directory, r->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG(st.st_mode);
}

int port_file_clear(const char *path) {
    struct removal r;
    int status = 0;
    if (removal_prepare(&r, path) < 0) return cannot_write(path, lang_error(errno));
    if (!is_replaceable(&r))
        status = cannot_write(path, "it is no regular file");
    else if (unlinkat(r.directory, r.name, 0) < 0 && errno != ENOENT)
        status = cannot_write(path, lang_error(errno));
    close(r.directory);
    return status;
}

static char *line_for(const struct addr *a) {
    char path[ADDR_TEXT];
    return addr_family(a) == AF_UNIX ? mem_format("%s\n", addr_path(a, path))
                                     : mem_format("%u\n", (unsigned)addr_port(a));
}

/* A new file in the directory, under a name that nobody can have foreseen, and that no link leads
 * away from. Returns a descriptor, or -1 with errno. */
static int make_temporary(int directory, char name[TEMPORARY]) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        uint64_t number = 0;
        if (entropy_fill(&number, sizeof number) < 0) return -1;
        snprintf(name, TEMPORARY, ".sockkit-%016" PRIx64, number);
        fd = aside_move(openat(directory, name, flags, 0644));
        if (fd < 0 && errno != EEXIST) return -1;
    }
    return fd;
}

static int write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO; /* it would be asked for ever */
        if (n <= 0) return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Some file systems tell of a write that failed when a descriptor is closed. */
static int write_and_flush(int fd, const char *line) {
    if (write_all(fd, line, strlen(line)) < 0) return -1;
    int other = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return other < 0 ? -1 : close(other);
}

/* Under another name first: whoever reads the file finds the whole line in it. -1 with errno. */
static int write_line(struct removal *r, const char *line) {
    char name[TEMPORARY];
    int fd = make_temporary(r->directory, name);
    if (fd < 0) return -1;
    if (write_and_flush(fd, line) == 0 &&
        renameat(r->directory, name, r->directory, r->name) == 0) {
        removal_made(r, fd);
        return 0;
    }
    int error = errno;
    unlinkat(r->directory, name, 0);
    close(fd);
    errno = error;
    return -1;
}

int port_file_write(struct removal *r, const char *path, const struct addr *a) {
    if (removal_prepare(r, path) < 0) return cannot_write(path, lang_error(errno));
    if (!is_replaceable(r)) return cannot_write(path, "it is no regular file");
    char *line = line_for(a);
    int result = write_line(r, line), error = errno;
    free(line);
    return result < 0 ? cannot_write(path, lang_error(error)) : 0;
}
