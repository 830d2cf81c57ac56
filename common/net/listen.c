#include "common/net/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/net/bind.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"

/* True when somebody holds the path. We ask with a datagram socket, whatever is there: a stream
 * server refuses that (EPROTOTYPE) without a connection to accept, which --once would count. */
static bool path_is_live(const struct addr *a) {
    int fd = sock_open(AF_UNIX, SOCK_DGRAM);
    if (fd < 0) return true;
    /* Any other error leaves it open (EACCES: we may not ask). */
    bool live = sock_connect(fd, a) == 0 || errno != ECONNREFUSED;
    sock_close(fd);
    return live;
}

/* Removes a socket path that a server left behind. -1 with a cause where it is live, or no socket.
 */
static int clear_path(const struct addr *a, int type, struct cause *cause) {
    struct stat st;
    const char *path = a->as.un.sun_path;
    if (lstat(path, &st) < 0) return 0;
    if (!S_ISSOCK(st.st_mode))
        return cause_set(cause, STATUS_UNBOUND,
                         "cannot listen on unix:%s: the file exists and is no socket", path);
    if (path_is_live(a)) return bind_cause("listen on", type, a, EADDRINUSE, cause);
    if (unlink(path) < 0)
        return cause_set(cause, STATUS_UNBOUND, "cannot replace the stale socket %s: %s", path,
                         strerror(errno));
    return 0;
}

/* Accepted sockets inherit nodelay. */
static void set_defaults(int fd, int family, int type, const struct sockopt_list *options) {
    if (family == AF_INET6) sock_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
    if (family == AF_UNIX || type != SOCK_STREAM) return;
    sockopt_default(options, fd, "reuseaddr", 1);
    sockopt_default(options, fd, "nodelay", 1);
}

static int bind_and_listen(int fd, int type, const struct addr *a, struct addr *local) {
    if (sock_bind(fd, a) < 0 || (type == SOCK_STREAM && sock_listen(fd) < 0)) return -1;
    return sock_local(fd, local);
}

/* One socket. Returns 0 and adds it; 1 when the machine lacks the family; -1 with a cause, errno
 * being EADDRINUSE where the address is taken. */
static int open_one(const struct addr *a, int type, const struct sockopt_list *options,
                    struct listeners *out, struct cause *cause) {
    int family = addr_family(a);
    if (family == AF_UNIX && clear_path(a, type, cause) < 0) return -1;
    int fd = bind_socket(family, type, options, cause);
    if (fd < 0 && cause->text[0]) return -1;
    if (fd < 0) return errno == EAFNOSUPPORT ? 1 : bind_cause("listen on", type, a, errno, cause);
    set_defaults(fd, family, type, options);
    if (bind_and_listen(fd, type, a, &out->addrs[out->count]) == 0) {
        out->fds[out->count++] = fd;
        return 0;
    }
    bind_cause("listen on", type, a, errno, cause);
    sock_close(fd);
    return errno == EADDRNOTAVAIL ? 1 : -1;
}

/* Opens a socket at every address. Returns 0; -1 with a cause; 1 when port 0 was asked for and the
 * port that the first socket got is taken at another address: those before it are open then. */
static int open_all(const struct addrs *addrs, const struct net_name *name,
                    const struct sockopt_list *options, struct listeners *out,
                    struct cause *cause) {
    bool both = !name->host || !strcmp(name->host, "*");
    out->count = 0;
    for (size_t i = 0; i < addrs->count && out->count < LISTEN_MOST; i++) {
        /* IPv4 first, the address that most people look for. */
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

static int cannot(const struct net_name *name, const char *why, struct cause *cause) {
    char text[NET_NAME_TEXT];
    return cause_set(cause, STATUS_UNBOUND, "cannot listen on %s: %s", net_name_text(name, text),
                     why);
}

int listen_open(struct loop *loop, const struct net_name *name, const struct sockopt_list *options,
                struct listeners *out, struct cause *cause) {
    struct addrs addrs;
    struct listen_held held = {.count = 0};
    int result;
    if (resolve_wait(loop, name, INT64_MAX, &addrs, cause) < 0)
        return cause->text[0] ? -1 : cannot(name, "interrupted", cause);
    do result = open_all(&addrs, name, options, out, cause);
    while (result == 1 && listen_hold(&held, out));
    listen_let_go(&held);
    addrs_free(&addrs);
    if (result != 0 && !cause->text[0])
        cannot(name, "no address of this family on this machine", cause);
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
