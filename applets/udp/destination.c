#include "applets/udp/destination.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define PATH_TRIES 100

/* --- what went wrong --- */

struct meaning {
    int error;
    enum status status;
    const char *hint;
};

static const struct meaning meanings[] = {
    {ECONNREFUSED, STATUS_UNCONNECTED, " (is a receiver there?)"},
    {ENOENT, STATUS_UNCONNECTED, " (is a receiver there?)"},
    {EPROTOTYPE, STATUS_UNCONNECTED, " (a socket for connections, not for datagrams)"},
    {ENETUNREACH, STATUS_UNCONNECTED, " (no route; try -4 or -6, for a group -O interface=NAME)"},
    {EHOSTUNREACH, STATUS_UNCONNECTED, ""},
    {ENETDOWN, STATUS_UNCONNECTED, ""},
    {EHOSTDOWN, STATUS_UNCONNECTED, ""},
    {ECONNRESET, STATUS_UNCONNECTED, ""},
    {ENOPROTOOPT, STATUS_UNCONNECTED, ""},
    {EADDRNOTAVAIL, STATUS_UNCONNECTED, ""},
    {EAFNOSUPPORT, STATUS_UNCONNECTED, ""},
    {EINVAL, STATUS_UNCONNECTED, ""}, /* not from this source, or without a zone */
    {EACCES, STATUS_FAILED, " (a broadcast address needs --broadcast)"},
};

int destination_cause(const struct destination *r, int error, struct cause *cause) {
    static const struct meaning other = {0, STATUS_FAILED, ""};
    const struct meaning *m = &other;
    char name[NET_NAME_TEXT];
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].error == error) m = &meanings[i];
    return cause_set(cause, m->status, "cannot send to %s: %s%s%s", net_name_text(&r->name, name),
                     strerror(error), m->hint, addr_hint(&r->to, error));
}

int destination_error(const struct destination *r) {
    int error = 0;
    if (r->everybody) return 0;
    return sock_get(r->fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR") < 0 ? errno : error;
}

/* --- one socket --- */

static int cannot_bind(const struct addr *a, struct cause *cause) {
    char text[ADDR_TEXT], owner[SYSINFO_OWNER];
    int error = errno;
    bool known = error == EADDRINUSE && sysinfo_owner(SOCK_DGRAM, a, owner);
    return cause_set(cause, STATUS_UNBOUND, "cannot bind to %s: %s%s%s%s", addr_text(a, text),
                     strerror(error), known ? " (" : "", known ? owner : "", known ? ")" : "");
}

static int bind_path(struct destination *r, struct cause *cause) {
    const char *directory = getenv("TMPDIR");
    struct addr a;
    if (!directory || !*directory) directory = "/tmp";
    for (int i = 0; i < PATH_TRIES; i++) {
        char *path = mem_format("%s/sockkit-%ld-%d", directory, (long)getpid(), i);
        bool fits = addr_unix(path, &a) == 0, bound = fits && sock_bind(r->fd, &a) == 0;
        if (bound)
            r->path = path;
        else
            free(path);
        if (bound) return 0;
        if (!fits)
            return cause_set(cause, STATUS_UNBOUND, "cannot bind in %s: %s", directory,
                             strerror(errno));
        if (errno != EADDRINUSE) break;
    }
    return cannot_bind(&a, cause);
}

static int bind_source(struct destination *r, struct cause *cause) {
    if (r->name.path) return bind_path(r, cause);
    if (r->sources.count == 0) return 0;
    for (size_t i = 0; i < r->sources.count; i++) {
        const struct addr *a = &r->sources.items[i];
        if (addr_family(a) == addr_family(&r->to))
            return sock_bind(r->fd, a) < 0 ? cannot_bind(a, cause) : 0;
    }
    return cause_set(cause, STATUS_UNCONNECTED,
                     "cannot send to %s: it has no address of the family of the source %s",
                     r->name.host ? r->name.host : "localhost", r->source_name.host);
}

static bool for_everybody(const struct destination *r) {
    if (r->broadcast) return true;
    if (addr_family(&r->to) == AF_INET) return IN_MULTICAST(ntohl(r->to.as.v4.sin_addr.s_addr));
    return addr_family(&r->to) == AF_INET6 && IN6_IS_ADDR_MULTICAST(&r->to.as.v6.sin6_addr);
}

static int open_socket(struct destination *r, struct cause *cause) {
    struct addr local;
    char to[ADDR_TEXT], from[ADDR_TEXT];
    r->everybody = for_everybody(r);
    r->fd = sock_open(addr_family(&r->to), SOCK_DGRAM);
    if (r->fd < 0) return destination_cause(r, errno, cause);
    if (r->broadcast) sock_set(r->fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
    if (sockopt_apply(r->options, r->fd, addr_family(&r->to), cause) < 0 ||
        bind_source(r, cause) < 0)
        return -1;
    if (!r->everybody && sock_connect(r->fd, &r->to) < 0) return destination_cause(r, errno, cause);
    if (sock_local(r->fd, &local) < 0) return destination_cause(r, errno, cause);
    msg_note(1, "sending to %s from %s", addr_text(&r->to, to), addr_text(&local, from));
    r->io = dgram_new(r->fd, &local);
    return 0;
}

static void close_socket(struct destination *r) {
    dgram_free(r->io);
    r->io = NULL;
    if (r->fd >= 0) sock_close(r->fd);
    r->fd = -1;
    if (r->path) unlink(r->path);
    free(r->path);
    r->path = NULL;
}

/* --- one address after another --- */

int destination_next(struct destination *r, struct cause *cause) {
    close_socket(r);
    while (destination_has_more(r)) {
        r->to = r->addrs.items[r->next++];
        if (open_socket(r, cause) == 0) return 0;
        close_socket(r);
    }
    return -1;
}

bool destination_is_near(const struct destination *r) {
    if (addr_family(&r->to) == AF_INET)
        return ntohl(r->to.as.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return addr_family(&r->to) == AF_UNIX || IN6_IS_ADDR_LOOPBACK(&r->to.as.v6.sin6_addr);
}

struct look_up {
    struct resolve resolve;
    struct cause *cause;
    bool over, running, found;
};

static void resolved(struct resolve *resolve, const struct cause *failure) {
    struct look_up *l = container_of(resolve, struct look_up, resolve);
    l->over = true;
    l->found = !failure;
    if (failure) *l->cause = *failure;
    if (l->running) loop_stop(resolve->loop);
}

static int look_up(struct loop *loop, const struct net_name *name, int64_t limit,
                   struct addrs *addrs, struct cause *cause) {
    struct look_up l = {.cause = cause};
    resolve_start(loop, &l.resolve, name, limit, resolved);
    l.running = !l.over;
    if (l.running) loop_run(loop);
    if (!l.over) resolve_stop(&l.resolve);
    *addrs = l.resolve.addrs;
    return l.found ? 0 : -1;
}

int destination_find(struct destination *r, struct loop *loop, const struct net_name *name,
                     const struct net_name *source, int64_t limit, struct cause *cause) {
    *r = (struct destination){.options = r->options,
                              .broadcast = r->broadcast,
                              .fd = -1,
                              .name = *name,
                              .source_name = *source};
    cause->text[0] = 0;
    if (source->type && look_up(loop, source, limit, &r->sources, cause) < 0) return -1;
    return look_up(loop, name, limit, &r->addrs, cause);
}

void destination_free(struct destination *r) {
    close_socket(r);
    addrs_free(&r->addrs);
    addrs_free(&r->sources);
}
