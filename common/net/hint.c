#include "common/net/hint.h"

#include <errno.h>

#include "common/base/lang.h"

#define FIRST_FREE_PORT 1024 /* below it a port is for root (ip(7)) */

struct hint {
    int error;
    const char *stream, *datagram; /* NULL: none */
};

static const struct hint hints[] = {
    {ECONNREFUSED, " (is a server listening there?)",
     " (an ICMP port-unreachable came back: is a receiver there?)"},
    {ENOENT, " (is a server listening there?)", " (is a receiver there?)"}, /* a socket path */
    {EPROTOTYPE, " (a socket for datagrams, not for connections)",
     " (a socket for connections, not for datagrams)"},
    {ENETUNREACH, " (no route; try -4 or -6)",
     " (no route; try -4 or -6, for a group -O interface=NAME)"},
    {EADDRNOTAVAIL, " (no free source port, or the address is not this machine's)", NULL},
    {EACCES, NULL, " (a broadcast address needs --broadcast)"},
};

static const char *zone_hint(const struct addr *a, int error) {
    return error == EINVAL && addr_lacks_zone(a)
               ? tr(" (a link-local address needs its interface behind it: %eth0)")
               : "";
}

const char *hint_local(const struct addr *a, int error) {
    if (error == EADDRNOTAVAIL) return tr(" (not an address of this machine)");
    if (error == EACCES && addr_port(a) > 0 && addr_port(a) < FIRST_FREE_PORT)
        return tr(" (ports below 1024 are for root: choose one above)");
    return zone_hint(a, error);
}

const char *hint_peer(int type, const struct addr *to, int error) {
    if (addr_family(to) == AF_UNIX && error == ECONNREFUSED)
        error = ENOENT; /* nobody has it open */
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        const char *words = type == SOCK_STREAM ? hints[i].stream : hints[i].datagram;
        if (hints[i].error == error && words) return tr(words);
    }
    return zone_hint(to, error);
}
