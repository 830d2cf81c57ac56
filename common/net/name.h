/* name: what to reach, or where to listen, before it is an address. */
#ifndef SOCKKIT_NET_NAME_H
#define SOCKKIT_NET_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The strings are the caller's. */
#define NET_NAME_BACKLOG 4096

struct net_name {
    /* NULL: the loopback addresses, ::1 and 127.0.0.1, without a look-up. "*": every address of the
     * machine (to listen at), or whichever the system chooses (to connect from). */
    const char *host;
    const char *path; /* of a Unix-domain socket; NULL: host and port */
    uint16_t port;
    int family;   /* AF_UNSPEC, AF_INET, AF_INET6 */
    int type;     /* SOCK_STREAM, SOCK_DGRAM */
    bool numeric; /* host is an address; it is not looked up */
    /* Of a path to listen at: the permissions it has; else they are as umask(2) says. */
    bool has_mode;
    mode_t mode;
    /* Of a stream to listen at: how many connections may wait for accept(2); else
     * NET_NAME_BACKLOG. */
    bool has_backlog;
    int backlog;
};

/* Several, to listen at all of them. */
#define NET_NAMES_MOST 16

struct net_names {
    struct net_name items[NET_NAMES_MOST];
    size_t count;
};

/* "localhost:60000", "[::1]:60000", "unix:/path": as messages have it. Returns out. */
#define NET_NAME_TEXT 320
const char *net_name_text(const struct net_name *name, char out[NET_NAME_TEXT]);

#endif
