#include "common/cli/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/cli/sandbox.h"
#include "common/net/listen.h"
#include "common/net/sock.h"

#define FIRST_INHERITED 3 /* SD_LISTEN_FDS_START */

/* --- inherited sockets --- */

static bool is_server(int fd, int type) {
    int value = 0;
    if (sock_get(fd, SOL_SOCKET, SO_TYPE, &value, "SO_TYPE") < 0 || value != type) return false;
    return type != SOCK_STREAM ||
           (sock_get(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, "SO_ACCEPTCONN") == 0 && value);
}

static int take_inherited(int count, int type, struct listeners *out, struct listeners *datagrams) {
    for (int fd = FIRST_INHERITED; fd < FIRST_INHERITED + count; fd++) {
        bool other = datagrams && is_server(fd, SOCK_DGRAM);
        struct listeners *to = other ? datagrams : out;
        if (to->count == LISTEN_MOST || !(other || is_server(fd, type)) ||
            sock_local(fd, &to->addrs[to->count]) < 0) {
            msg_error("cannot use inherited descriptor %d: %s", fd,
                      to->count == LISTEN_MOST ? "too many"
                      : type == SOCK_STREAM    ? "no listening stream socket"
                                               : "no datagram socket");
            return STATUS_UNBOUND;
        }
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        to->fds[to->count++] = fd;
    }
    return 0;
}

/* How many there are for us; the variables go, children must not take them for theirs. */
static int inherited_count(void) {
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    int count = 0;
    if (pid && fds && strtol(pid, NULL, 10) == (long)getpid()) count = (int)strtol(fds, NULL, 10);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return count > 0 && count < 1024 ? count : 0;
}

/* --- what is removed at the end --- */

/* Opens the directory of a file and returns the file's last component in *name. */
static int open_directory(const char *file, const char **name) {
    const char *slash = strrchr(file, '/');
    char *directory =
        slash ? mem_format("%.*s", slash == file ? 1 : (int)(slash - file), file) : mem_copy(".");
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    *name = slash ? slash + 1 : file;
    return fd;
}

static int remember(const char *file, int *directory, const char **name) {
    const char *last;
    *directory = open_directory(file, &last);
    if (*directory < 0) {
        msg_error("cannot write %s: %s", file, strerror(errno));
        return STATUS_FAILED;
    }
    *name = last;
    return 0;
}

/* 0: there is nothing. */
static ino_t inode_at(int directory, const char *name) {
    struct stat st;
    return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

/* --- listen --- */

/* Ours are close-on-exec, so one that is not was open at the start. */
static int check_ready_fd(const struct server_conf *conf) {
    int flags = conf->ready_fd < 0 ? 0 : fcntl((int)conf->ready_fd, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) return 0;
    msg_error("--ready-fd: descriptor %d is not open", (int)conf->ready_fd);
    return STATUS_USAGE;
}

static int listen_anew(struct ready *r, const struct call *call, int type, struct listeners *out) {
    const struct common_conf *common = call->conf;
    struct net_name name;
    struct cause cause;
    if (applet_listen_name(call, type, &name) < 0) return STATUS_USAGE;
    if (listen_open(call->loop, &name, &common->sockopts, out, &cause) < 0)
        return call_over(call) ? STATUS_OK : msg_cause(&cause);
    if (!name.path) return 0;
    int status = remember(name.path, &r->path_directory, &r->path);
    if (!status) r->path_inode = inode_at(r->path_directory, r->path);
    return status;
}

static int listen_or_inherit(struct ready *r, const struct call *call,
                             const struct server_conf *conf, int type, struct listeners *out,
                             struct listeners *datagrams) {
    *r = (struct ready){.directory = -1, .path_directory = -1};
    out->count = 0;
    int inherited = inherited_count();
    int status = check_ready_fd(conf);
    if (!status)
        status = inherited ? take_inherited(inherited, type, out, datagrams)
                           : listen_anew(r, call, type, out);
    return status;
}

int ready_listen(struct ready *r, const struct call *call, const struct server_conf *conf, int type,
                 struct listeners *out) {
    return listen_or_inherit(r, call, conf, type, out, NULL);
}

int ready_listen_both(struct ready *r, const struct call *call, const struct server_conf *conf,
                      struct listeners *streams, struct listeners *datagrams) {
    datagrams->count = 0;
    return listen_or_inherit(r, call, conf, SOCK_STREAM, streams, datagrams);
}

/* --- announce --- */

/* A device, a FIFO or a link would be replaced, and be gone at the end. */
static bool is_replaceable(int directory, const char *name) {
    struct stat st;
    return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG(st.st_mode);
}

static int write_port_file(struct ready *r, const char *file, const struct listeners *l) {
    const char *name;
    int status = remember(file, &r->directory, &name);
    if (status) return status;
    if (!is_replaceable(r->directory, name)) {
        msg_error("cannot write %s: it is no regular file", file);
        return STATUS_FAILED;
    }
    char *temporary = mem_format(".%s.%ld", name, (long)getpid());
    char *line = addr_family(&l->addrs[0]) == AF_UNIX
                     ? mem_format("%s\n", l->addrs[0].as.un.sun_path)
                     : mem_format("%u\n", (unsigned)addr_port(&l->addrs[0]));
    size_t size = strlen(line);
    int fd = openat(r->directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool written = fd >= 0 && write(fd, line, size) == (ssize_t)size;
    if (fd >= 0 && close(fd) < 0) written = false;
    if (written && renameat(r->directory, temporary, r->directory, name) == 0) {
        r->port_file = name;
        r->port_inode = inode_at(r->directory, name);
    } else {
        msg_error("cannot write %s: %s", file, strerror(errno));
        if (fd >= 0) unlinkat(r->directory, temporary, 0);
        status = STATUS_FAILED;
    }
    free(line);
    free(temporary);
    return status;
}

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

int ready_announce(struct ready *r, const struct server_conf *conf,
                   const struct listeners *listeners) {
    char text[ADDR_TEXT];
    for (size_t i = 0; i < listeners->count; i++)
        msg_note(0, "listening on %s", addr_text(&listeners->addrs[i], text));
    int status = conf->port_file ? write_port_file(r, conf->port_file, listeners) : 0;
    if (status) return status;
    if (conf->ready_fd >= 0) tell_descriptor((int)conf->ready_fd);
    const char *path = getenv("NOTIFY_SOCKET");
    if (path) notify(path);
    unsetenv("NOTIFY_SOCKET");
    return 0;
}

void ready_confine(const struct ready *r, const struct server_conf *conf) {
    int directories[] = {r ? r->directory : -1, r ? r->path_directory : -1};
    tzset();
    if (!conf->no_sandbox) sandbox_enter(directories, 2);
}

static void withdraw(int directory, const char *name, ino_t inode) {
    if (name && inode_at(directory, name) == inode) unlinkat(directory, name, 0);
    if (directory >= 0) close(directory);
}

void ready_withdraw(struct ready *r) {
    withdraw(r->directory, r->port_file, r->port_inode);
    withdraw(r->path_directory, r->path, r->path_inode);
    *r = (struct ready){.directory = -1, .path_directory = -1};
}
