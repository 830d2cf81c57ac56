#include "common/net/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/net/bind.h"
#include "common/net/claim.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"

/* Accepted sockets inherit nodelay. */
static void set_defaults(int fd, int family, int type, const struct sockopt_list *options) {
    if (family == AF_INET6) sockopt_default(options, fd, "v6only", 1);
    if (family == AF_UNIX || type != SOCK_STREAM) return;
    sockopt_default(options, fd, "reuseaddr", 1);
    sockopt_default(options, fd, "nodelay", 1);
}

/* What may be done with a path is known from its first moment on. */
static int bind_as(int fd, const struct net_name *name, const struct addr *a) {
    if (!name->has_mode) return sock_bind_listener(fd, a);
    mode_t before = umask(0777 & ~name->mode);
    int result = sock_bind_listener(fd, a), error = errno;
    umask(before);
    errno = error;
    return result;
}

/* bind(2) has made the path, which a socket that does not come to listen must not leave. */
static int take_back(const struct addr *a) {
    int error = errno;
    if (addr_family(a) == AF_UNIX && !addr_is_abstract(a)) unlink(a->as.un.sun_path);
    errno = error;
    return -1;
}

static int bind_and_listen(int fd, const struct net_name *name, const struct addr *a,
                           struct addr *local) {
    if (bind_as(fd, name, a) < 0) return -1;
    int backlog = name->has_backlog ? name->backlog : NET_NAME_BACKLOG;
    if (name->type == SOCK_STREAM && sock_listen(fd, backlog) < 0) return take_back(a);
    return sock_local(fd, local) < 0 ? take_back(a) : 0;
}

/* One socket. Returns 0 and adds it; 1 when the machine lacks the family; -1 with a cause, errno
 * being EADDRINUSE where the address is taken. */
static int open_one(const struct addr *a, const struct net_name *name,
                    const struct sockopt_list *options, struct listeners *out,
                    struct cause *cause) {
    int family = addr_family(a), type = name->type;
    int fd = bind_socket(family, type, options, cause);
    if (fd < 0 && cause->text[0]) return -1;
    if (fd < 0) return errno == EAFNOSUPPORT ? 1 : bind_cause(true, type, a, errno, cause);
    set_defaults(fd, family, type, options);
    if (bind_and_listen(fd, name, a, &out->addrs[out->count]) == 0) {
        out->fds[out->count++] = fd;
        return 0;
    }
    bind_cause(true, type, a, errno, cause);
    sock_close(fd);
    return errno == EADDRNOTAVAIL ? 1 : -1;
}

static int open_path(const struct addr *a, const struct net_name *name,
                     const struct sockopt_list *options, struct listeners *out,
                     struct cause *cause) {
    int claim = claim_path(a, name->type, cause);
    if (claim < 0) return -1;
    int result = open_one(a, name, options, out, cause);
    close(claim);
    return result;
}

/* --- where --- */

struct place {
    struct addr addr;
    const struct net_name *name;
};

struct places {
    struct place items[LISTEN_MOST];
    size_t count;
};

/* The name stands for an address of each family that the machine has. */
static bool is_both(const struct net_name *name) {
    return !name->path && (!name->host || !strcmp(name->host, "*"));
}

static bool is_chosen(const struct place *p) { return !p->name->path && p->name->port == 0; }

static bool is_path(const struct place *p) { return p->name->path && !addr_is_abstract(&p->addr); }

static bool has(const struct places *places, const struct addr *a) {
    for (size_t i = 0; i < places->count; i++)
        if (addr_equal(&places->items[i].addr, a)) return true;
    return false;
}

/* IPv4 first where the name stands for both, the address that most people look for. */
static int add_all(struct places *places, const struct net_name *name, const struct addrs *addrs,
                   struct cause *cause) {
    for (size_t i = 0; i < addrs->count; i++) {
        const struct addr *a = &addrs->items[is_both(name) ? addrs->count - 1 - i : i];
        if (has(places, a)) continue;
        if (places->count == LISTEN_MOST)
            return cause_set(cause, STATUS_UNBOUND, "cannot listen on more than %d addresses",
                             LISTEN_MOST);
        places->items[places->count++] = (struct place){*a, name};
    }
    return 0;
}

static int cannot(const struct net_name *name, const char *why, struct cause *cause) {
    char text[NET_NAME_TEXT];
    return cause_set(cause, STATUS_UNBOUND, "cannot listen on %s: %s", net_name_text(name, text),
                     why);
}

static int find(struct loop *loop, const struct net_name *name, struct places *places,
                struct cause *cause) {
    struct addrs addrs;
    if (resolve_wait(loop, name, INT64_MAX, &addrs, cause) < 0)
        return cause->text[0] ? -1 : cannot(name, "interrupted", cause);
    int result = add_all(places, name, &addrs, cause);
    addrs_free(&addrs);
    return result;
}

/* Those whose port the system chooses come last. */
static int find_all(struct loop *loop, const struct net_names *names, struct places *places,
                    struct cause *cause) {
    for (int chosen = 0; chosen < 2; chosen++)
        for (size_t i = 0; i < names->count; i++) {
            const struct net_name *name = &names->items[i];
            bool now = (!name->path && name->port == 0) == chosen;
            if (now && find(loop, name, places, cause) < 0) return -1;
        }
    return 0;
}

/* Opens a socket at every address. Returns 0; -1 with a cause; 1 when the port that the system
 * chose for one address is taken at another: those before it are open then. */
static int open_all(const struct places *places, const struct sockopt_list *options,
                    struct listeners *out, struct cause *cause) {
    uint16_t port = 0;
    out->count = 0;
    for (size_t i = 0; i < places->count; i++) {
        const struct place *p = &places->items[i];
        struct addr a = p->addr;
        if (is_chosen(p)) addr_set_port(&a, port);
        int result = (is_path(p) ? open_path : open_one)(&a, p->name, options, out, cause);
        if (result == 0 && is_chosen(p)) port = addr_port(&out->addrs[out->count - 1]);
        if (result == 0 || (result == 1 && is_both(p->name))) continue;
        bool taken = result < 0 && errno == EADDRINUSE && is_chosen(p) && port > 0;
        if (!taken) listen_close(out);
        return taken ? 1 : -1;
    }
    return out->count > 0 ? 0 : -1;
}

int listen_open(struct loop *loop, const struct net_names *names,
                const struct sockopt_list *options, struct listeners *out, struct cause *cause) {
    struct places places = {.count = 0};
    struct listen_held held = {.count = 0};
    int result;
    if (find_all(loop, names, &places, cause) < 0) return -1;
    do result = open_all(&places, options, out, cause);
    while (result == 1 && listen_hold(&held, out));
    listen_let_go(&held);
    if (result != 0 && !cause->text[0])
        cannot(&names->items[0], "no address of this family on this machine", cause);
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
