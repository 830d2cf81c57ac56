#include "common/net/dgram.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "common/loop/loop.h"
#include "common/net/sock.h"
#include "common/net/sockopt_numbers.h"
#include "common/net/trace.h"

const char *dgram_peer(const struct dgram *d, char out[DGRAM_PEER]) {
    return addr_peer_text(d->peer, d->pid, out);
}

bool dgram_full_now(int error) { return loop_not_yet(error) || error == ENOBUFS; }

/* Where -O interface has put the socket; 0: nowhere. */
static unsigned interface_of(int fd) {
    char name[IF_NAMESIZE] = "";
    socklen_t size = sizeof name;
    int result = getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size);
    if (trace_level) trace_get_text(result, fd, "SO_BINDTODEVICE", name);
    return result == 0 && *name ? if_nametoindex(name) : 0;
}

int dgram_join(int fd, const struct addr *group) {
    static const struct sock_option join4 = {IPPROTO_IP, IP_ADD_MEMBERSHIP, "IP_ADD_MEMBERSHIP"},
                                    join6 = {IPPROTO_IPV6, IPV6_JOIN_GROUP, "IPV6_JOIN_GROUP"};
    if (addr_family(group) == AF_INET6) {
        unsigned zone = group->as.v6.sin6_scope_id;
        struct ipv6_mreq request = {group->as.v6.sin6_addr, zone ? zone : interface_of(fd)};
        return sock_set_bytes(fd, &join6, &request, sizeof request);
    }
    struct ip_mreqn request = {.imr_multiaddr = group->as.v4.sin_addr,
                               .imr_ifindex = (int)interface_of(fd)};
    return sock_set_bytes(fd, &join4, &request, sizeof request);
}
