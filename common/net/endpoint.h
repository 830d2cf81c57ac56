/* endpoint: whom to reach or where to listen, as people write it: HOST, HOST:PORT, :PORT,
 * [V6]:PORT, a bare IPv6 literal, unix:PATH. What its own words leave open comes as plain values
 * (-p, -4, -6, -n), so that any text can name one. Names of hosts are not looked up here; those of
 * services and interfaces are (getservbyname(3), if_nametoindex(3)). RFC 3986 brackets, RFC 4007
 * zones. */
#ifndef SOCKKIT_NET_ENDPOINT_H
#define SOCKKIT_NET_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/msg.h"
#include "common/net/name.h"

/* The words of one. The three are owned (endpoint_free); NULL where not given. */
struct endpoint {
    char *host;
    char *port;
    char *path; /* a Unix-domain socket: then host and port are NULL */
};

/* Takes a text apart. Returns NULL, or what is wrong with it, in a few static words ("the port is
 * missing behind ':'"). "*" is a host like any other here. */
const char *endpoint_parse(const char *text, struct endpoint *out);
void endpoint_free(struct endpoint *e);
/* Its strings last as long as the program, instead. */
void endpoint_keep(struct endpoint *e);

/* What holds for an endpoint besides its own words. */
struct endpoint_terms {
    int type;           /* SOCK_STREAM, SOCK_DGRAM */
    int family;         /* AF_UNSPEC; AF_INET (-4), AF_INET6 (-6) */
    bool numeric;       /* -n: no look-up of names */
    bool bound;         /* -b: from a source address */
    const char *port;   /* -p; NULL: not given */
    uint16_t otherwise; /* the port, where neither names one */
};

/* Whom to reach. {0}: the loopback addresses. Returns 0, and *out lives on the strings of e; or -1
 * with a cause (USAGE). */
int endpoint_remote(const struct endpoint *e, const struct endpoint_terms *t, struct net_name *out,
                    struct cause *cause);

/* Where to listen, or from where to connect: an address of this machine, given with -b.
 * Likewise. */
int endpoint_local(const struct endpoint *e, const struct endpoint_terms *t, struct net_name *out,
                   struct cause *cause);

/* The port of a number or a service name. Returns NULL, or what is wrong, in static words. */
const char *endpoint_port(const char *text, int type, bool numeric, uint16_t *port);

/* A copy of n bytes of a URL in which %XX is the byte it stands for (RFC 3986, section 2.1): the
 * caller's to free. NULL where that is wrong, or a NUL. */
char *endpoint_decode(const char *text, size_t n);

/* HOST[:PORT] of a URL, n bytes (RFC 3986, section 3.2). The host is the caller's to free, also
 * after a failure; the port, a number, stays as it is where none is written. Returns NULL, or what
 * is wrong, in static words. */
const char *endpoint_authority(const char *text, size_t n, char **host, uint16_t *port);

#endif
