#include "common/cli/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/cli/port_file.h"
#include "common/loop/loop.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define TRIES 10
#define TRY_EVERY 100 /* ms */

/* --- those who wait --- */

static int send_ready(const struct addr *a) {
    static const char ready[] = "READY=1";
    int fd = sock_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0) return -1;
    ssize_t n = sock_sendto(fd, ready, sizeof ready - 1, a);
    int error = errno;
    sock_close(fd);
    errno = error;
    return n < 0 ? -1 : 0;
}

static void notify(const char *path) {
    struct addr a;
    if ((*path != '/' && *path != '@') || addr_unix(path, &a) < 0) return;
    if (send_ready(&a) < 0) msg_error("cannot notify %s: %s", path, lang_error(errno));
}

/* Ours are close-on-exec, so one that is not was open at the start. */
static int check_descriptor(int64_t fd) {
    int flags = fd < 0 ? 0 : fcntl((int)fd, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) return 0;
    msg_error("--ready-fd: descriptor %d is not open", (int)fd);
    return STATUS_USAGE;
}

/* A pipe that is full is waited for, but not for ever: clients wait meanwhile. */
static int write_newline(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    ssize_t n = -1;
    for (int tries = 0; tries < TRIES && n < 0; tries++) {
        n = write(fd, "\n", 1);
        if (n < 0 && !loop_not_yet(errno)) return -1;
        if (n < 0) poll(&p, 1, TRY_EVERY);
    }
    if (n == 0) errno = EIO;
    return n > 0 ? 0 : -1;
}

static void tell_descriptor(int fd) {
    if (write_newline(fd) < 0)
        msg_error("cannot write to descriptor %d (--ready-fd): %s", fd, lang_error(errno));
    if (fd > STDERR_FILENO) close(fd);
}

/* --- before, and when ready --- */

int ready_check(const struct server_conf *conf) {
    int status = conf->port_file ? port_file_clear(conf->port_file) : 0;
    return status ? status : check_descriptor(conf->ready_fd);
}

void ready_narrate(const struct listeners *listeners) {
    char text[ADDR_TEXT];
    for (size_t i = 0; i < listeners->count; i++)
        msg_note(0, "listening on %s", addr_text(&listeners->addrs[i], text));
}

static bool is_for_others(const struct addr *a) {
    return !addr_is_loopback(a) && (addr_family(a) == AF_INET || a->as.v6.sin6_scope_id == 0);
}

static void narrate_reachable(const struct addrs *machine, const struct addr *listener) {
    char text[ADDR_TEXT];
    for (size_t i = 0; i < machine->count; i++) {
        struct addr a = machine->items[i];
        if (addr_family(&a) != addr_family(listener) || !is_for_others(&a)) continue;
        addr_set_port(&a, addr_port(listener));
        msg_note(0, "reachable at %s", addr_text(&a, text));
    }
}

void ready_narrate_reachable(const struct listeners *listeners) {
    struct addrs machine = {NULL, 0};
    for (size_t i = 0; i < listeners->count && msg_level() >= 0; i++) {
        const struct addr *a = &listeners->addrs[i];
        if (!addr_is_any(a)) continue;
        if (machine.count == 0) sysinfo_addresses(&machine);
        narrate_reachable(&machine, a);
    }
    addrs_free(&machine);
}

int ready_announce(const struct server_conf *conf, const struct addr *first,
                   struct removal *port_file) {
    int status = conf->port_file ? port_file_write(port_file, conf->port_file, first) : 0;
    if (status) return status;
    if (conf->ready_fd >= 0) tell_descriptor((int)conf->ready_fd);
    const char *path = getenv("NOTIFY_SOCKET");
    if (path) notify(path);
    unsetenv("NOTIFY_SOCKET");
    return 0;
}
