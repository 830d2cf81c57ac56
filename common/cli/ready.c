#include "common/cli/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/net/sock.h"

/* Ours are close-on-exec, so one that is not was open at the start. */
int ready_check(const struct server_conf *conf) {
    int flags = conf->ready_fd < 0 ? 0 : fcntl((int)conf->ready_fd, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) return 0;
    msg_error("--ready-fd: descriptor %d is not open", (int)conf->ready_fd);
    return STATUS_USAGE;
}

void ready_narrate(const struct listeners *listeners) {
    char text[ADDR_TEXT];
    for (size_t i = 0; i < listeners->count; i++)
        msg_note(0, "listening on %s", addr_text(&listeners->addrs[i], text));
}

/* --- the port file --- */

/* A device, a FIFO or a link would be replaced, and be gone at the end. */
static bool is_replaceable(const struct removal *r) {
    struct stat st;
    return fstatat(r->directory, r->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG(st.st_mode);
}

static char *line_for(const struct addr *a) {
    return addr_family(a) == AF_UNIX ? mem_format("%s\n", a->as.un.sun_path)
                                     : mem_format("%u\n", (unsigned)addr_port(a));
}

/* Under another name first: whoever reads the file finds the whole line in it. -1 with errno. */
static int write_line(const struct removal *r, const char *line) {
    char *temporary = mem_format(".%s.%ld", r->name, (long)getpid());
    size_t size = strlen(line);
    int fd = openat(r->directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool written = fd >= 0 && write(fd, line, size) == (ssize_t)size;
    if (fd >= 0 && close(fd) < 0) written = false;
    int result = written ? renameat(r->directory, temporary, r->directory, r->name) : -1;
    int error = errno;
    if (result < 0 && fd >= 0) unlinkat(r->directory, temporary, 0);
    free(temporary);
    errno = error;
    return result;
}

static int cannot_write(const char *path, const char *why) {
    msg_error("cannot write %s: %s", path, why);
    return STATUS_FAILED;
}

static int write_port_file(const char *path, const struct addr *a, struct removal *r) {
    if (removal_prepare(r, path) < 0) return cannot_write(path, strerror(errno));
    if (!is_replaceable(r)) return cannot_write(path, "it is no regular file");
    char *line = line_for(a);
    int result = write_line(r, line), error = errno;
    free(line);
    if (result < 0) return cannot_write(path, strerror(error));
    removal_made(r);
    return 0;
}

/* --- those who wait --- */

static void notify(const char *path) {
    static const char ready[] = "READY=1";
    struct addr a = {0};
    size_t size = strlen(path);
    if ((*path != '/' && *path != '@') || size >= sizeof a.as.un.sun_path) return;
    a.as.un.sun_family = AF_UNIX;
    memcpy(a.as.un.sun_path, path, size);
    if (*path == '@') a.as.un.sun_path[0] = 0; /* abstract */
    a.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (*path == '/'));
    int fd = sock_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0) return;
    if (sock_sendto(fd, ready, sizeof ready - 1, &a) < 0)
        msg_note(1, "cannot notify %s: %s", path, strerror(errno));
    sock_close(fd);
}

static void tell_descriptor(int fd) {
    if (write(fd, "\n", 1) < 0)
        msg_note(1, "cannot write to descriptor %d: %s", fd, strerror(errno));
    if (fd > STDERR_FILENO) close(fd);
}

int ready_announce(const struct server_conf *conf, const struct addr *first,
                   struct removal *port_file) {
    int status = conf->port_file ? write_port_file(conf->port_file, first, port_file) : 0;
    if (status) return status;
    if (conf->ready_fd >= 0) tell_descriptor((int)conf->ready_fd);
    const char *path = getenv("NOTIFY_SOCKET");
    if (path) notify(path);
    unsetenv("NOTIFY_SOCKET");
    return 0;
}
