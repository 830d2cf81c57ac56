#include "common/net/dgram.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "common/loop/loop.h"
#include "common/net/sock.h"
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
    bool six = addr_family(group) == AF_INET6;
    struct group_req request = {.gr_interface = six ? group->as.v6.sin6_scope_id : 0};
    if (!request.gr_interface) request.gr_interface = interface_of(fd);
    memcpy(&request.gr_group, &group->as, group->size);
    const struct sock_option join = {six ? IPPROTO_IPV6 : IPPROTO_IP, MCAST_JOIN_GROUP,
                                     "MCAST_JOIN_GROUP"};
    return sock_set_bytes(fd, &join, &request, sizeof request);
}
