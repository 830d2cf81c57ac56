#include "applets/udp/destination.h"

#include <errno.h>

#include "applets/udp/own_path.h"
#include "common/base/lang.h"
#include "common/net/bind.h"
#include "common/net/hint.h"
#include "common/net/reason.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"

/* --- what went wrong --- */

/* Errors that say the address cannot be reached; others are of the sending itself. */
static const int unreachable[] = {
    ECONNREFUSED, ENOENT,      EPROTOTYPE,    ENETUNREACH,  EHOSTUNREACH, ENETDOWN, EHOSTDOWN,
    ECONNRESET,   ENOPROTOOPT, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, /* not from this local address,
                                                                       or without a zone */
};

/* Behind the error's words: what this machine knows, or else what is known of the error. */
static const char *reason(const struct destination *r, int error, char out[REASON_TEXT]) {
    *out = 0;
    if (error == ECONNREFUSED) reason_refused(SOCK_DGRAM, r->addrs.items, r->next, out);
    return *out ? out : hint_peer(SOCK_DGRAM, &r->to, error);
}

/* The system chose our port from those that receivers have, too: no ICMP came of that. */
static int met_itself(const struct destination *r, struct cause *cause) {
    char name[NET_NAME_TEXT];
    return cause_set(cause, STATUS_UNCONNECTED, "cannot send to %s: %s (is a receiver there?)",
                     net_name_text(&r->name, name), lang_error(ECONNREFUSED));
}

int destination_cause(const struct destination *r, int error, struct cause *cause) {
    char name[NET_NAME_TEXT], why[REASON_TEXT];
    enum status status = STATUS_FAILED;
    for (size_t i = 0; i < sizeof unreachable / sizeof unreachable[0]; i++)
        if (unreachable[i] == error) status = STATUS_UNCONNECTED;
    return cause_set(cause, status, "cannot send to %s: %s%s", net_name_text(&r->name, name),
                     lang_error(error), reason(r, error, why));
}

int destination_error(const struct destination *r) {
    int error = 0;
    if (r->everybody && !r->on_trial) return 0;
    return sock_get(r->fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR") < 0 ? errno : error;
}

/* --- one socket --- */

static int bind_to_local(struct destination *r, struct cause *cause) {
    const struct addr *local = addrs_of_family(&r->locals, addr_family(&r->to));
    if (r->name.path) return own_path_bind(r->fd, &r->path, cause);
    return local ? bind_local(r->fd, SOCK_DGRAM, local, cause) : 0;
}

static int open_socket(struct destination *r, struct cause *cause) {
    struct addr local;
    char to[ADDR_TEXT], from[ADDR_TEXT];
    bool many = r->broadcast || addr_is_multicast(&r->to);
    r->everybody = many || r->unconnected;
    r->fd = bind_socket(addr_family(&r->to), SOCK_DGRAM, r->options, cause);
    if (r->fd < 0) return cause->text[0] ? -1 : destination_cause(r, errno, cause);
    if (r->broadcast) sock_set(r->fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
    if (bind_to_local(r, cause) < 0) return -1;
    if (!r->everybody && sock_connect(r->fd, &r->to) < 0) return destination_cause(r, errno, cause);
    if (sock_local(r->fd, &local) < 0) return destination_cause(r, errno, cause);
    if (!r->everybody && addr_equal(&local, &r->to)) return met_itself(r, cause);
    msg_note(1, "sending to %s from %s", addr_text(&r->to, to), addr_text(&local, from));
    dgram_prepare(&r->socket, r->fd, &local);
    r->on_trial = r->next < r->addrs.count && !many;
    if (r->on_trial && r->everybody) dgram_hear_refusals(&r->socket, true);
    return 0;
}

static void close_socket(struct destination *r) {
    if (r->fd >= 0) sock_close(r->fd);
    r->fd = -1;
    own_free(&r->own);
    r->self.count = 0;
    own_path_remove(&r->path);
}

/* --- one address after another --- */

int destination_next(struct destination *r, struct cause *cause) {
    close_socket(r);
    while (r->next < r->addrs.count) {
        r->to = r->addrs.items[r->next++];
        if (open_socket(r, cause) == 0) return 0;
        close_socket(r);
    }
    return -1;
}

void destination_settle(struct destination *r) {
    if (r->on_trial && r->everybody) dgram_hear_refusals(&r->socket, false);
    r->on_trial = false;
}

/* A socket that is not connected has its port from the first datagram on, and any address. */
static void find_self(struct destination *r) {
    if (sock_local(r->fd, &r->self.addrs[0]) < 0) return;
    r->self.count = 1;
    own_find(&r->own, &r->self);
}

bool destination_is_self(struct destination *r, const struct dgram *d) {
    if (!r->everybody) return false;
    if (r->self.count == 0) find_self(r);
    return own_has(&r->own, d->peer);
}

bool destination_is_near(const struct destination *r) {
    return addr_family(&r->to) == AF_UNIX || addr_is_loopback(&r->to);
}

int destination_find(struct destination *r, const struct net_name *name,
                     const struct net_name *local, int64_t limit, struct cause *cause) {
    *r = (struct destination){.loop = r->loop,
                              .options = r->options,
                              .broadcast = r->broadcast,
                              .unconnected = r->unconnected,
                              .fd = -1,
                              .name = *name};
    r->batch = dgram_batch_new();
    if (local->type && resolve_wait(r->loop, local, limit, &r->locals, cause) < 0) return -1;
    if (resolve_wait(r->loop, name, limit, &r->addrs, cause) < 0) return -1;
    addrs_keep_families(&r->addrs, &r->locals);
    if (r->addrs.count > 0 || !local->host) return 0;
    return cause_set(cause, STATUS_UNCONNECTED,
                     "cannot send to %s: it has no address of the family of the source %s",
                     name->host ? name->host : "localhost", local->host);
}

void destination_free(struct destination *r) {
    close_socket(r);
    dgram_batch_free(r->batch);
    addrs_free(&r->addrs);
    addrs_free(&r->locals);
}
