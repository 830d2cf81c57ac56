/* shim: preloaded into sockkit (LD_PRELOAD), makes a chosen libc call fail or fall short.
 *
 *   FAULT='CALL N TIMES ERROR'   from the Nth CALL on (1 is the first), TIMES calls (0: all) fail
 *                                with ERROR: an errno name, an EAI_ name for getaddrinfo, or
 *                                "short": fewer bytes, messages or events than asked for
 *   FAULT_COUNTS=FILE            how often each call was made, as a struct counts
 *   FAULT_SITES=1                counts has the return addresses of the first failure as well
 *
 * Calls of child processes are counted with their parent's; programs not called "sockkit" are left
 * alone. Some calls have a name of their own: a write to descriptor 2 is "tell"; read and write of
 * a pipe that the program made are "pipe_read" and "pipe_write", for such a pipe knows few errors;
 * getsockopt(SO_ERROR) is "so_error", whose ERROR is the one that the socket is said to have.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <link.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The calls that can be made to fail, in order. */
/* clang-format off */
#define CALLS(X) \
    X(accept) X(accept4) X(bind) X(calloc) X(close) X(connect) X(dup) X(dup2) X(dup3) \
    X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(eventfd) X(execl) X(execvp) X(fclose) X(fcntl) \
    X(fdatasync) X(fflush) X(fgets) X(file_read) X(file_write) X(flock) X(fopen) X(fork) \
    X(fstat) X(fstatat) X(fsync) X(ftruncate) X(getaddrinfo) X(getentropy) X(getgrnam) \
    X(getifaddrs) X(getpeername) X(getpwnam) X(getpwuid) X(getsockname) X(getsockopt) \
    X(if_nameindex) X(initgroups) X(ioctl) X(kill) X(link) X(linkat) X(listen) X(lseek) X(lstat) \
    X(malloc) X(mkstemp) X(open) X(openat) X(opendir) X(pipe2) X(pipe_read) X(pipe_write) \
    X(poll) X(prctl) X(read) X(readdir) X(readlink) X(readlinkat) X(readv) X(realloc) \
    X(realpath) X(recv) X(recvfrom) X(recvmmsg) X(recvmsg) X(regcomp) X(rename) X(renameat) \
    X(send) X(sendfile) X(sendmmsg) X(sendmsg) X(sendto) X(setenv) X(setgid) X(setgroups) \
    X(setpgid) X(setresgid) X(setresuid) X(setsid) X(setsockopt) X(setuid) X(shutdown) \
    X(signalfd) X(so_error) X(socket) X(socketpair) X(splice) X(stat) X(symlink) X(syscall) \
    X(tcgetattr) X(tcsetattr) X(tell) X(timerfd_create) X(timerfd_settime) X(unlink) X(unlinkat) \
    X(waitpid) X(write) X(writev)
/* clang-format on */

#define NUMBERED(call) CALL_##call,
#define NAMED(call) {.name = #call},
#define SITES 16
#define MOST_KINDS 256
#define KILLED (-1000)
#define FEW ((size_t)17) /* bytes of a call that is shortened again and again */

enum call { CALLS(NUMBERED) CALL_COUNT };

struct counts {
    _Atomic uint32_t struck; /* how many calls were made to fail */
    uint32_t site_count;
    uint64_t sites[SITES]; /* from the start of the executable; 0 elsewhere */

    struct {
        char name[20];
        _Atomic uint32_t made;
    } calls[CALL_COUNT];
};

enum verdict { PASS, FAIL, SHORT };

static struct counts initial = {.calls = {CALLS(NAMED)}};
static struct counts *counts; /* NULL: not this program */
static enum call chosen = CALL_COUNT;
static unsigned first, times;
static int error; /* negative: an EAI_, or KILLED; 0: fall short */
static bool with_sites;
static uintptr_t base;
static bool resolving; /* what libc calls in getaddrinfo is its own business */

/* --- what is to fail --- */

static int error_number(const char *name) {
    static const struct {
        const char *name;
        int number;
    } others[] = {{"EAI_AGAIN", EAI_AGAIN},
                  {"EAI_FAIL", EAI_FAIL},
                  {"EAI_MEMORY", EAI_MEMORY},
                  {"EAI_NONAME", EAI_NONAME},
                  {"EAI_SYSTEM", EAI_SYSTEM},
                  {"killed", KILLED},
                  {"short", 0}};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(name, others[i].name)) return others[i].number;
    for (int e = 1; e < 134; e++) {
        const char *known = strerrorname_np(e);
        if (known && !strcmp(name, known)) return e;
    }
    fprintf(stderr, "shim: no such error: %s\n", name);
    _exit(125);
}

static enum call call_number(const char *name) {
    for (int i = 0; i < CALL_COUNT; i++)
        if (!strcmp(name, initial.calls[i].name)) return (enum call)i;
    fprintf(stderr, "shim: no such call: %s\n", name);
    _exit(125);
}

static bool is_sockkit(void) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    const char *name = strrchr(path, '/');
    return name && !strcmp(name, "/sockkit");
}

static struct counts *share(const char *file) {
    int fd = file ? open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && ftruncate(fd, sizeof initial) < 0) _exit(125);
    struct counts *c = mmap(NULL, sizeof initial, PROT_READ | PROT_WRITE,
                            MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
    if (c == MAP_FAILED) _exit(125);
    if (fd >= 0) close(fd);
    memcpy(c, &initial, sizeof initial);
    return c;
}

static int keep_base(struct dl_phdr_info *info, size_t size, void *ctx) {
    (void)size;
    (void)ctx;
    base = info->dlpi_addr; /* the executable is named first */
    return 1;
}

/* --- whether this call does --- */

static void note_site(void) {
    void *stack[SITES];
    int n = backtrace(stack, SITES);
    for (int i = 0; i < n; i++) counts->sites[i] = (uintptr_t)stack[i] - base;
    counts->site_count = (uint32_t)n;
}

static enum verdict judge(enum call call) {
    if (!counts || resolving) return PASS;
    unsigned n = atomic_fetch_add(&counts->calls[call].made, 1) + 1;
    if (call != chosen || n < first || (times && n >= first + times)) return PASS;
    if (atomic_fetch_add(&counts->struck, 1) == 0 && with_sites) note_site();
    if (error == 0) return SHORT;
    if (error == KILLED) {
        raise(SIGKILL);
        _exit(1); /* the sandbox does not let it */
    }
    errno = error > 0 ? error : ENOMEM;
    return FAIL;
}

static void find(void *real, const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) _exit(125);
    memcpy(real, &found, sizeof found);
}

#define REAL(type, call, params)      \
    static type(*real_##call) params; \
    if (!real_##call) find(&real_##call, #call)

/* A call that fails or does not. */
#define WRAP(type, call, failed, params, args)           \
    type call params;                                    \
    type call params {                                   \
        REAL(type, call, params);                        \
        if (judge(CALL_##call) == FAIL) return (failed); \
        return real_##call args;                         \
    }

/* --- bytes --- */

enum { OTHER, PIPE, REGULAR };

static int kinds[MOST_KINDS]; /* of descriptors */

static int kind_of(int fd) { return fd >= 0 && fd < MOST_KINDS ? kinds[fd] : OTHER; }

static void set_kind(int fd, int kind) {
    if (fd >= 0 && fd < MOST_KINDS) kinds[fd] = kind;
}

static void learn_kind(int fd) {
    struct stat s;
    REAL(int, fstat, (int, struct stat *));
    set_kind(fd, real_fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? REGULAR : OTHER);
}

static enum call reading(int fd) {
    static const enum call calls[] = {CALL_read, CALL_pipe_read, CALL_file_read};

    return calls[kind_of(fd)];
}

static enum call writing(int fd) {
    static const enum call calls[] = {CALL_write, CALL_pipe_write, CALL_file_write};

    return fd == STDERR_FILENO ? CALL_tell : calls[kind_of(fd)];
}

static bool is_datagram(int fd) {
    int type = 0, kept = errno;
    socklen_t size = sizeof type;
    REAL(int, getsockopt, (int, int, int, void *, socklen_t *));
    bool yes = real_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
    errno = kept;
    return yes;
}

static size_t fewer(int fd, size_t n) {
    size_t most = times ? 1 : FEW;
    return is_datagram(fd) || n < most ? n : most;
}

/* A connection that is said to be broken is broken from then on. */
static ssize_t broken(int fd, bool signalled) {
    int kept = errno;
    REAL(int, shutdown, (int, int));
    if (kept == EPIPE || kept == ECONNRESET || kept == ETIMEDOUT) real_shutdown(fd, SHUT_RDWR);
    if (signalled && kept == EPIPE) raise(SIGPIPE);
    errno = kept;
    return -1;
}

/* A call that may do less than asked for: n bytes. */
#define WRAP_BYTES(call, as, signalled, params, args) \
    ssize_t call params;                              \
    ssize_t call params {                             \
        REAL(ssize_t, call, params);                  \
        enum verdict v = judge(as);                   \
        if (v == FAIL) return broken(fd, signalled);  \
        if (v == SHORT) n = fewer(fd, n);             \
        return real_##call args;                      \
    }

WRAP_BYTES(read, reading(fd), false, (int fd, void *to, size_t n), (fd, to, n))
WRAP_BYTES(write, writing(fd), true, (int fd, const void *from, size_t n), (fd, from, n))
WRAP_BYTES(recv, CALL_recv, false, (int fd, void *to, size_t n, int flags), (fd, to, n, flags))
WRAP_BYTES(recvfrom, CALL_recvfrom, false,
           (int fd, void *to, size_t n, int flags, __SOCKADDR_ARG a, socklen_t *size),
           (fd, to, n, flags, a, size))
WRAP_BYTES(send, CALL_send, !(flags & MSG_NOSIGNAL),
           (int fd, const void *from, size_t n, int flags), (fd, from, n, flags))
WRAP_BYTES(sendto, CALL_sendto, !(flags & MSG_NOSIGNAL),
           (int fd, const void *from, size_t n, int flags, __CONST_SOCKADDR_ARG a, socklen_t size),
           (fd, from, n, flags, a, size))
WRAP_BYTES(sendfile, CALL_sendfile, true, (int to, int fd, off_t *from, size_t n),
           (to, fd, from, n))

/* Of the two, the one that is a socket is broken. */
ssize_t splice(int fd, loff_t *from, int to, loff_t *at, size_t n, unsigned flags) {
    REAL(ssize_t, splice, (int, loff_t *, int, loff_t *, size_t, unsigned));
    enum verdict v = judge(CALL_splice);
    if (v == FAIL) {
        broken(fd, false);
        return broken(to, true);
    }
    return real_splice(fd, from, to, at, v == SHORT ? fewer(fd, n) : n, flags);
}

/* The first piece alone, and not all of that. */
static struct iovec piece(int fd, const struct iovec *pieces, size_t count) {
    struct iovec one = {0};
    if (count > 0) one = pieces[0];
    one.iov_len = fewer(fd, one.iov_len);
    return one;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    REAL(ssize_t, writev, (int, const struct iovec *, int));
    enum verdict v = judge(fd == STDERR_FILENO ? CALL_tell : CALL_writev);
    if (v == FAIL) return broken(fd, true);
    struct iovec one = piece(fd, pieces, (size_t)count);
    return v == SHORT ? real_writev(fd, &one, 1) : real_writev(fd, pieces, count);
}

ssize_t readv(int fd, const struct iovec *pieces, int count) {
    REAL(ssize_t, readv, (int, const struct iovec *, int));
    enum verdict v = judge(CALL_readv);
    if (v == FAIL) return broken(fd, false);
    struct iovec one = piece(fd, pieces, (size_t)count);
    return v == SHORT ? real_readv(fd, &one, 1) : real_readv(fd, pieces, count);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
    REAL(ssize_t, sendmsg, (int, const struct msghdr *, int));
    enum verdict v = judge(CALL_sendmsg);
    if (v == FAIL) return broken(fd, !(flags & MSG_NOSIGNAL));
    if (v == PASS || is_datagram(fd)) return real_sendmsg(fd, m, flags);
    struct iovec one = piece(fd, m->msg_iov, m->msg_iovlen);
    struct msghdr less = *m;
    less.msg_iov = &one;
    less.msg_iovlen = 1;
    return real_sendmsg(fd, &less, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags) {
    REAL(ssize_t, recvmsg, (int, struct msghdr *, int));
    enum verdict v = judge(CALL_recvmsg);
    if (v == FAIL) return broken(fd, false);
    if (v == PASS || is_datagram(fd) || m->msg_iovlen == 0) return real_recvmsg(fd, m, flags);
    size_t kept = m->msg_iov[0].iov_len, count = m->msg_iovlen;
    m->msg_iov[0] = piece(fd, m->msg_iov, count);
    m->msg_iovlen = 1;
    ssize_t n = real_recvmsg(fd, m, flags);
    m->msg_iov[0].iov_len = kept;
    m->msg_iovlen = count;
    return n;
}

/* --- several at once: a shortened call takes one, a shortened wait ends at once without any --- */

int sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags) {
    REAL(int, sendmmsg, (int, struct mmsghdr *, unsigned, int));
    enum verdict v = judge(CALL_sendmmsg);
    if (v == FAIL) return -1;
    return real_sendmmsg(fd, m, v == SHORT && n > 1 ? 1 : n, flags);
}

int recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *limit) {
    REAL(int, recvmmsg, (int, struct mmsghdr *, unsigned, int, struct timespec *));
    enum verdict v = judge(CALL_recvmmsg);
    if (v == FAIL) return -1;
    return real_recvmmsg(fd, m, v == SHORT && n > 1 ? 1 : n, flags, limit);
}

int poll(struct pollfd *fds, nfds_t n, int limit) {
    REAL(int, poll, (struct pollfd *, nfds_t, int));
    enum verdict v = judge(CALL_poll);
    if (v == FAIL) return -1;
    if (v == PASS) return real_poll(fds, n, limit);
    for (nfds_t i = 0; i < n; i++) fds[i].revents = 0;
    return 0;
}

int epoll_wait(int fd, struct epoll_event *events, int n, int limit) {
    REAL(int, epoll_wait, (int, struct epoll_event *, int, int));
    enum verdict v = judge(CALL_epoll_wait);
    if (v == FAIL) return -1;
    return v == SHORT ? 0 : real_epoll_wait(fd, events, n, limit);
}

/* --- sockets --- */

WRAP(int, socket, -1, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, socketpair, -1, (int family, int type, int protocol, int fds[2]),
     (family, type, protocol, fds))
WRAP(int, bind, -1, (int fd, __CONST_SOCKADDR_ARG a, socklen_t size), (fd, a, size))
WRAP(int, listen, -1, (int fd, int backlog), (fd, backlog))
WRAP(int, accept, -1, (int fd, __SOCKADDR_ARG a, socklen_t *size), (fd, a, size))
WRAP(int, accept4, -1, (int fd, __SOCKADDR_ARG a, socklen_t *size, int flags), (fd, a, size, flags))
WRAP(int, connect, -1, (int fd, __CONST_SOCKADDR_ARG a, socklen_t size), (fd, a, size))
WRAP(int, getsockname, -1, (int fd, __SOCKADDR_ARG a, socklen_t *size), (fd, a, size))
WRAP(int, getpeername, -1, (int fd, __SOCKADDR_ARG a, socklen_t *size), (fd, a, size))
WRAP(int, setsockopt, -1, (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size))
WRAP(int, shutdown, -1, (int fd, int how), (fd, how))

int getsockopt(int fd, int level, int name, void *value, socklen_t *size) {
    REAL(int, getsockopt, (int, int, int, void *, socklen_t *));
    bool asked = level == SOL_SOCKET && name == SO_ERROR;
    enum verdict v = judge(asked ? CALL_so_error : CALL_getsockopt);
    int told = errno;
    if (v == FAIL && !asked) return -1;
    int result = real_getsockopt(fd, level, name, value, size);
    if (v == FAIL) memcpy(value, &told, sizeof told);
    return result;
}

WRAP(int, getifaddrs, -1, (struct ifaddrs * *list), (list))
WRAP(struct if_nameindex *, if_nameindex, NULL, (void), ())

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **list) {
    REAL(int, getaddrinfo,
         (const char *, const char *, const struct addrinfo *, struct addrinfo **));
    if (judge(CALL_getaddrinfo) == FAIL) return error < 0 ? error : EAI_SYSTEM;
    resolving = true;
    int result = real_getaddrinfo(host, service, hints, list);
    resolving = false;
    return result;
}

/* --- descriptors, files, terminals --- */

/* The descriptor is closed in any case, as Linux does (close(2)). */
int close(int fd) {
    REAL(int, close, (int));
    enum verdict v = judge(CALL_close);
    set_kind(fd, OTHER);
    int kept = errno, result = real_close(fd);
    if (v != FAIL) return result;
    errno = kept;
    return -1;
}

static int opened(enum call call, int directory, const char *path, int flags, mode_t mode) {
    REAL(int, openat, (int, const char *, int, ...));
    int fd = judge(call) == FAIL ? -1 : real_openat(directory, path, flags, mode);
    if (fd >= 0 && flags & O_CREAT) learn_kind(fd);
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return opened(CALL_open, AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return opened(CALL_openat, directory, path, flags, mode);
}

int fcntl(int fd, int command, ...) {
    REAL(int, fcntl, (int, int, ...));
    va_list args;
    va_start(args, command);
    void *value = va_arg(args, void *);
    va_end(args);
    bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (duplicates && judge(CALL_fcntl) == FAIL) return -1;
    int result = real_fcntl(fd, command, value);
    if (duplicates) set_kind(result, kind_of(fd));
    return result;
}

int ioctl(int fd, unsigned long command, ...);

int ioctl(int fd, unsigned long command, ...) {
    REAL(int, ioctl, (int, unsigned long, ...));
    va_list args;
    va_start(args, command);
    void *value = va_arg(args, void *);
    va_end(args);
    return judge(CALL_ioctl) == FAIL ? -1 : real_ioctl(fd, command, value);
}

int pipe2(int fds[2], int flags) {
    REAL(int, pipe2, (int[2], int));
    if (judge(CALL_pipe2) == FAIL) return -1;
    int result = real_pipe2(fds, flags);
    for (int i = 0; result == 0 && i < 2; i++) set_kind(fds[i], PIPE);
    return result;
}

WRAP(int, dup, -1, (int fd), (fd))
WRAP(int, dup2, -1, (int fd, int to), (fd, to))
WRAP(int, dup3, -1, (int fd, int to, int flags), (fd, to, flags))
WRAP(int, epoll_create1, -1, (int flags), (flags))
WRAP(int, epoll_ctl, -1, (int fd, int op, int of, struct epoll_event *e), (fd, op, of, e))
WRAP(int, eventfd, -1, (unsigned n, int flags), (n, flags))
WRAP(int, signalfd, -1, (int fd, const sigset_t *mask, int flags), (fd, mask, flags))
WRAP(int, timerfd_create, -1, (int clock, int flags), (clock, flags))
WRAP(int, timerfd_settime, -1,
     (int fd, int flags, const struct itimerspec *next, struct itimerspec *old),
     (fd, flags, next, old))
WRAP(off_t, lseek, -1, (int fd, off_t at, int whence), (fd, at, whence))
WRAP(int, fstat, -1, (int fd, struct stat *s), (fd, s))
WRAP(int, stat, -1, (const char *path, struct stat *s), (path, s))
WRAP(int, lstat, -1, (const char *path, struct stat *s), (path, s))
WRAP(int, fstatat, -1, (int fd, const char *path, struct stat *s, int flags), (fd, path, s, flags))
WRAP(int, ftruncate, -1, (int fd, off_t size), (fd, size))
WRAP(int, flock, -1, (int fd, int what), (fd, what))
WRAP(int, fsync, -1, (int fd), (fd))
WRAP(int, fdatasync, -1, (int fd), (fd))
WRAP(int, link, -1, (const char *from, const char *to), (from, to))
WRAP(int, linkat, -1, (int from, const char *old, int to, const char *path, int flags),
     (from, old, to, path, flags))
WRAP(int, mkstemp, -1, (char *path), (path))
WRAP(int, rename, -1, (const char *from, const char *to), (from, to))
WRAP(int, renameat, -1, (int from, const char *old, int to, const char *path),
     (from, old, to, path))
WRAP(int, symlink, -1, (const char *target, const char *path), (target, path))
WRAP(int, unlink, -1, (const char *path), (path))
WRAP(int, unlinkat, -1, (int fd, const char *path, int flags), (fd, path, flags))
WRAP(ssize_t, readlink, -1, (const char *path, char *to, size_t n), (path, to, n))
WRAP(ssize_t, readlinkat, -1, (int fd, const char *path, char *to, size_t n), (fd, path, to, n))
WRAP(char *, realpath, NULL, (const char *path, char *to), (path, to))
WRAP(DIR *, opendir, NULL, (const char *path), (path))
WRAP(struct dirent *, readdir, NULL, (DIR * directory), (directory))
WRAP(FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))
WRAP(char *, fgets, NULL, (char *to, int n, FILE *file), (to, n, file))
WRAP(int, fflush, EOF, (FILE * file), (file))
WRAP(int, fclose, EOF, (FILE * file), (file))
WRAP(int, tcgetattr, -1, (int fd, struct termios *t), (fd, t))
WRAP(int, tcsetattr, -1, (int fd, int when, const struct termios *t), (fd, when, t))

/* --- processes, users --- */

WRAP(pid_t, fork, -1, (void), ())
WRAP(pid_t, waitpid, -1, (pid_t pid, int *status, int options), (pid, status, options))
WRAP(int, kill, -1, (pid_t pid, int signal), (pid, signal))
WRAP(int, setpgid, -1, (pid_t pid, pid_t group), (pid, group))
WRAP(pid_t, setsid, -1, (void), ())
WRAP(int, execvp, -1, (const char *file, char *const args[]), (file, args))
WRAP(int, setenv, -1, (const char *name, const char *value, int replace), (name, value, replace))
WRAP(int, setuid, -1, (uid_t user), (user))
WRAP(int, setgid, -1, (gid_t group), (group))
WRAP(int, setresuid, -1, (uid_t real, uid_t effective, uid_t saved), (real, effective, saved))
WRAP(int, setresgid, -1, (gid_t real, gid_t effective, gid_t saved), (real, effective, saved))
WRAP(int, setgroups, -1, (size_t n, const gid_t *groups), (n, groups))
WRAP(int, initgroups, -1, (const char *user, gid_t group), (user, group))
WRAP(struct passwd *, getpwnam, NULL, (const char *name), (name))
WRAP(struct passwd *, getpwuid, NULL, (uid_t user), (user))
WRAP(struct group *, getgrnam, NULL, (const char *name), (name))
WRAP(int, getentropy, -1, (void *to, size_t n), (to, n))

int execl(const char *path, const char *first_word, ...) {
    char *words[64] = {(char *)(uintptr_t)first_word};
    va_list args;
    if (judge(CALL_execl) == FAIL) return -1;
    va_start(args, first_word);
    for (size_t i = 1; i < sizeof words / sizeof *words - 1 && words[i - 1]; i++)
        words[i] = va_arg(args, char *);
    va_end(args);
    return execv(path, words);
}

long syscall(long number, ...) {
    REAL(long, syscall, (long, ...));
    long a[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(args, long);
    va_end(args);
    if (judge(CALL_syscall) == FAIL) return -1;
    return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int prctl(int option, ...);

int prctl(int option, ...) {
    REAL(int, prctl, (int, ...));
    unsigned long a[4];
    va_list args;
    va_start(args, option);
    for (int i = 0; i < 4; i++) a[i] = va_arg(args, unsigned long);
    va_end(args);
    return judge(CALL_prctl) == FAIL ? -1 : real_prctl(option, a[0], a[1], a[2], a[3]);
}

/* --- memory --- */

WRAP(int, regcomp, REG_ESPACE, (regex_t * re, const char *text, int flags), (re, text, flags))

WRAP(void *, malloc, NULL, (size_t size), (size))
WRAP(void *, calloc, NULL, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, NULL, (void *old, size_t size), (old, size))

/* --- what _FORTIFY_SOURCE makes of some of them --- */

int __open_2(const char *path, int flags);
ssize_t __read_chk(int fd, void *to, size_t n, size_t size);
ssize_t __recv_chk(int fd, void *to, size_t n, size_t size, int flags);
int __poll_chk(struct pollfd *fds, nfds_t n, int limit, size_t size);

int __open_2(const char *path, int flags) { return open(path, flags); }

ssize_t __read_chk(int fd, void *to, size_t n, size_t size) {
    return read(fd, to, n < size ? n : size);
}

ssize_t __recv_chk(int fd, void *to, size_t n, size_t size, int flags) {
    return recv(fd, to, n < size ? n : size, flags);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int limit, size_t size) {
    (void)size;
    return poll(fds, n, limit);
}

/* --- the beginning --- */

__attribute__((constructor)) static void begin(void) {
    char call[32], name[32];
    const char *fault = getenv("FAULT");
    if (!is_sockkit()) return;
    if (fault) {
        if (sscanf(fault, "%31s %u %u %31s", call, &first, &times, name) != 4) _exit(125);
        chosen = call_number(call);
        error = error_number(name);
    }
    with_sites = getenv("FAULT_SITES");
    if (with_sites) {
        void *warm[1];
        backtrace(warm, 1); /* loads its library now, before a sandbox */
        dl_iterate_phdr(keep_base, NULL);
    }
    for (int fd = 0; fd < 2; fd++) learn_kind(fd);
    counts = share(getenv("FAULT_COUNTS"));
}
