#include "common/serve/doors.h"

#include <errno.h>

#include "common/base/lang.h"
#include "common/cli/inherit.h"
#include "common/cli/where.h"
#include "common/net/sock.h"

/* Bytes, or what the system gives: a burst of datagrams must wait for us somewhere. */
#define RECEIVE_BUFFER (4 << 20)

static const struct sockopt_list *options_of(const struct call *call) {
    return &((const struct common_conf *)call->conf)->sockopts;
}

/* --- UDP at the port of TCP --- */

static int open_datagram(struct doors *d, const struct call *call, const struct addr *a,
                         struct cause *cause) {
    char host[ADDR_TEXT];
    struct net_names name = {.items = {{.host = addr_host_text(a, host),
                                        .port = addr_port(a),
                                        .family = addr_family(a),
                                        .type = SOCK_DGRAM,
                                        .numeric = true}},
                             .count = 1};
    struct listeners one;
    if (listen_open(call->loop, &name, options_of(call), &one, cause) < 0) return -1;
    d->datagrams.fds[d->datagrams.count] = one.fds[0];
    d->datagrams.addrs[d->datagrams.count++] = one.addrs[0];
    return 0;
}

/* A UDP socket at every address that TCP listens at. */
static int open_beside(struct doors *d, const struct call *call, struct cause *cause) {
    for (size_t i = 0; i < d->streams.count; i++) {
        const struct addr *a = &d->streams.addrs[i];
        if (addr_family(a) == AF_UNIX || open_datagram(d, call, a, cause) == 0) continue;
        listen_close(&d->datagrams);
        return -1;
    }
    return 0;
}

static bool any_port(const struct net_names *names) {
    for (size_t i = 0; i < names->count; i++)
        if (names->items[i].port == 0) return true;
    return false;
}

/* Where any port will do, one that is free for both. */
static int open_both(struct doors *d, const struct call *call, const struct net_names *names,
                     struct cause *cause) {
    struct listen_held held = {.count = 0};
    int result;
    do {
        result = listen_open(call->loop, names, options_of(call), &d->streams, cause);
        if (result < 0) break;
        result = open_beside(d, call, cause);
    } while (result < 0 && listen_hold(&held, &d->streams) && any_port(names));
    listen_let_go(&held);
    return result;
}

/* --- all of them --- */

/* Before the path is made: nothing could remove it later. Not for an abstract one. */
static int prepare_path(struct doors *d, const char *path) {
    if (*path == '@' || removal_prepare(&d->path, path) == 0) return 0;
    msg_error("cannot listen on unix:%s: %s", path, lang_error(errno));
    return STATUS_UNBOUND;
}

/* Returns 0, or the exit status, having told why. */
static int choose_names(const struct call *call, const struct server_conf *conf, int type,
                        struct net_names *names) {
    if (where_listen(call, type, names) < 0) return STATUS_USAGE;
    struct net_name *name = &names->items[0];
    if (conf->unix_mode >= 0 && (!name->path || *name->path == '@')) {
        msg_error("--unix-mode is for the path of --unix");
        return STATUS_USAGE;
    }
    name->has_mode = conf->unix_mode >= 0;
    name->mode = (mode_t)conf->unix_mode;
    name->has_backlog = conf->backlog >= 0;
    name->backlog = (int)conf->backlog;
    return 0;
}

static int open_anew(struct doors *d, const struct call *call, const struct server_conf *conf,
                     bool streams, bool datagrams) {
    struct net_names names;
    struct cause cause = {0};
    int result, status = choose_names(call, conf, streams ? SOCK_STREAM : SOCK_DGRAM, &names);
    if (!status && names.items[0].path) status = prepare_path(d, names.items[0].path);
    if (status) return status;
    if (streams && datagrams)
        result = open_both(d, call, &names, &cause);
    else
        result = listen_open(call->loop, &names, options_of(call),
                             streams ? &d->streams : &d->datagrams, &cause);
    if (result < 0) return call_over(call) ? STATUS_OK : msg_cause(&cause);
    if (d->path.name) removal_made(&d->path, -1);
    return 0;
}

static void widen(const struct listeners *datagrams, const struct sockopt_list *options) {
    for (size_t i = 0; i < datagrams->count; i++)
        sockopt_default(options, datagrams->fds[i], "rcvbuf", RECEIVE_BUFFER);
}

/* As a listener's sockets have it that are accepted. */
static int prepare_connection(struct doors *d, const struct call *call) {
    struct addr local;
    struct cause cause = {0};
    const struct sockopt_list *options = options_of(call);
    if (sock_local(d->connection, &local) < 0) return STATUS_FAILED;
    if (sockopt_apply(options, d->connection, addr_family(&local), &cause) < 0)
        return msg_cause(&cause);
    if (addr_family(&local) != AF_UNIX) sockopt_default(options, d->connection, "nodelay", 1);
    return 0;
}

int doors_open(struct doors *d, const struct call *call, const struct server_conf *conf,
               bool streams, bool datagrams) {
    struct cause cause = {0};
    int status = 0;
    int inherited = inherit_sockets(streams ? &d->streams : NULL, datagrams ? &d->datagrams : NULL,
                                    &d->connection, &cause);
    if (inherited < 0) return msg_cause(&cause);
    if (!d->connection) d->connection = conf->connection;
    if (d->connection) return prepare_connection(d, call);
    if (inherited == 0)
        status = open_anew(d, call, conf, streams, datagrams);
    else if (streams && datagrams && d->datagrams.count == 0)
        status = open_beside(d, call, &cause) < 0 ? msg_cause(&cause) : 0;
    widen(&d->datagrams, options_of(call));
    return status;
}

void doors_close(struct doors *d) {
    removal_run(&d->path); /* while the socket is open, nobody else has its inode */
    listen_close(&d->streams);
    listen_close(&d->datagrams);
}
