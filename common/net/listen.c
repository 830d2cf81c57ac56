#include "common/net/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

static const char *hint(const struct addr *a, int error) {
    if (error == EACCES && addr_port(a) && addr_port(a) < 1024)
        return " (ports below 1024 are for root)";
    return error == EADDRNOTAVAIL ? " (not an address of this machine)" : addr_hint(a, error);
}

static int cannot(const struct addr *a, int type, int error, struct cause *cause) {
    char text[ADDR_TEXT], owner[SYSINFO_OWNER];
    bool known = error == EADDRINUSE && sysinfo_owner(type, a, owner);
    return cause_set(cause, STATUS_UNBOUND, "cannot listen on %s: %s%s%s%s", addr_text(a, text),
                     strerror(error), known ? " (" : "", known ? owner : hint(a, error),
                     known ? ")" : "");
}

/* True when somebody holds the path. Asked with a datagram socket, whatever is there: a stream
 * server says EPROTOTYPE, and has no client to accept that would be the one client of a --once. */
static bool path_is_live(const struct addr *a) {
    int fd = sock_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0) return true;
    /* who may not even ask does not know */
    bool live = sock_connect(fd, a) == 0 || errno != ECONNREFUSED;
    sock_close(fd);
    return live;
}

/* A socket path that a server left behind goes; one that is live or is no socket stays, and bind(2)
 * fails on it. */
static int clear_path(const struct addr *a, int type, struct cause *cause) {
    struct stat st;
    const char *path = a->as.un.sun_path;
    if (lstat(path, &st) < 0) return 0;
    if (!S_ISSOCK(st.st_mode))
        return cause_set(cause, STATUS_UNBOUND,
                         "cannot listen on unix:%s: the file exists and is no socket", path);
    if (path_is_live(a)) return cannot(a, type, EADDRINUSE, cause);
    if (unlink(path) < 0)
        return cause_set(cause, STATUS_UNBOUND, "cannot replace the stale socket %s: %s", path,
                         strerror(errno));
    return 0;
}

static int set_options(int fd, int family, int type, const struct sockopt_list *options,
                       struct cause *cause) {
    if (family != AF_UNIX && type == SOCK_STREAM && !sockopt_given(options, "reuseaddr"))
        sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    /* accepted ones inherit it */
    if (family != AF_UNIX && type == SOCK_STREAM)
        sock_set(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    if (family == AF_INET6) sock_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
    return sockopt_apply(options, fd, family, cause);
}

/* One socket. Returns 0 and adds it, 1 when the machine lacks the family, -1 with a cause; errno
 * tells a bind that failed. */
static int open_one(const struct addr *a, int type, const struct sockopt_list *options,
                    struct listeners *out, struct cause *cause) {
    int family = addr_family(a), error = 0;
    if (family == AF_UNIX && clear_path(a, type, cause) < 0) return -1;
    int fd = sock_open(family, type);
    if (fd < 0) {
        if (errno == EAFNOSUPPORT) return 1;
        return cannot(a, type, errno, cause);
    }
    if (set_options(fd, family, type, options, cause) < 0) {
        sock_close(fd);
        errno = 0;
        return -1;
    }
    if (sock_bind(fd, a) < 0 || (type == SOCK_STREAM && sock_listen(fd) < 0)) error = errno;
    if (error || sock_local(fd, &out->addrs[out->count]) < 0) {
        sock_close(fd);
        cannot(a, type, error, cause);
        errno = error;
        return error == EADDRNOTAVAIL ? 1 : -1;
    }
    out->fds[out->count++] = fd;
    return 0;
}

/* Every address once. 1: port 0 was asked for, and the port that the first got is taken at another;
 * those before it are open. */
static int open_all(const struct addrs *addrs, const struct net_name *name,
                    const struct sockopt_list *options, struct listeners *out,
                    struct cause *cause) {
    bool both = !name->host || !strcmp(name->host, "*");
    out->count = 0;
    for (size_t i = 0; i < addrs->count && out->count < LISTEN_MOST; i++) {
        /* IPv4 first: what most look for */
        struct addr a = addrs->items[both ? addrs->count - 1 - i : i];
        if (name->port == 0 && out->count > 0) addr_set_port(&a, addr_port(&out->addrs[0]));
        int result = open_one(&a, name->type, options, out, cause);
        if (result == 0 || (result == 1 && both)) continue;
        bool taken = result < 0 && errno == EADDRINUSE && name->port == 0 && out->count > 0;
        if (!taken) listen_close(out);
        return taken ? 1 : -1;
    }
    return out->count > 0 ? 0 : -1;
}

struct waiting {
    struct resolve resolve;
    struct loop *loop;
    struct cause *cause;
    int result; /* 1: not yet */
    bool running;
};

static void resolved(struct resolve *r, const struct cause *failure) {
    struct waiting *w = container_of(r, struct waiting, resolve);
    w->result = failure ? -1 : 0;
    if (failure) *w->cause = *failure;
    if (w->running) loop_stop(w->loop);
}

int listen_open(struct loop *loop, const struct net_name *name, const struct sockopt_list *options,
                struct listeners *out, struct cause *cause) {
    struct waiting w = {.loop = loop, .cause = cause, .result = 1};
    char text[NET_NAME_TEXT];
    struct listen_held held = {.count = 0};
    int result;
    resolve_start(loop, &w.resolve, name, INT64_MAX, resolved);
    w.running = w.result == 1;
    if (w.running) loop_run(loop);
    if (w.result == 1) { /* a signal came first */
        resolve_stop(&w.resolve);
        return cause_set(cause, STATUS_UNBOUND, "cannot listen on %s: interrupted",
                         net_name_text(name, text));
    }
    if (w.result < 0) return -1;
    cause_set(cause, STATUS_UNBOUND,
              "cannot listen on %s: no address of this family on this machine",
              net_name_text(name, text));
    do result = open_all(&w.resolve.addrs, name, options, out, cause);
    while (result == 1 && listen_hold(&held, out));
    listen_let_go(&held);
    addrs_free(&w.resolve.addrs);
    return result == 0 ? 0 : -1;
}

bool listen_hold(struct listen_held *held, struct listeners *l) {
    bool more = held->count < sizeof held->fds / sizeof held->fds[0];
    if (more) held->fds[held->count++] = l->fds[--l->count];
    listen_close(l);
    return more;
}

void listen_let_go(struct listen_held *held) {
    while (held->count > 0) sock_close(held->fds[--held->count]);
}

void listen_close(struct listeners *l) {
    for (size_t i = 0; i < l->count; i++) sock_close(l->fds[i]);
    l->count = 0;
}
