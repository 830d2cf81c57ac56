#include "common/net/sysinfo.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/prctl.h>

#include "common/net/diag.h"

void sysinfo_prepare(void) { diag_prepare(); }

bool sysinfo_abandoned(const struct addr *local, const struct addr *peer) {
    struct diag_single m;
    bool here = addr_is_loopback(peer) || addr_same_host(local, peer);
    if (addr_family(peer) == AF_UNIX) return false;
    if (diag_find(peer, local, &m) < 0) return here && errno == ENOENT;
    /* Where the connection is gone the system answers with who listens there. */
    if (m.state == TCP_LISTEN) return here;
    return m.inode == 0;
}

unsigned sysinfo_full_queue(const struct addr *to) {
    struct diag_single m;
    struct addr nobody;
    addr_any(addr_family(to), 0, &nobody);
    if (diag_find(to, &nobody, &m) < 0 || m.state != TCP_LISTEN) return 0;
    return m.waiting > m.most ? m.waiting : 0;
}

static void add_receiver(void *ctx, const struct net_socket *s) {
    struct addrs *found = ctx;
    if (!s->connected) addrs_add(found, &s->local);
}

void sysinfo_receivers(int type, uint16_t port, struct addrs *out) {
    unsigned state = type == SOCK_STREAM ? TCP_LISTEN : TCP_CLOSE;
    diag_each(&(struct net_query){type, port, 1U << state}, add_receiver, out);
}

pid_t sysinfo_peer_pid(int fd) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

void sysinfo_addresses(struct addrs *out) {
    struct ifaddrs *all, *i;
    if (getifaddrs(&all) < 0) return;
    for (i = all; i; i = i->ifa_next) {
        int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
        struct addr a = {.size = family == AF_INET ? sizeof a.as.v4 : sizeof a.as.v6};
        if (family != AF_INET && family != AF_INET6) continue;
        memcpy(&a.as, i->ifa_addr, a.size);
        addrs_add(out, &a);
    }
    freeifaddrs(all);
}

void sysinfo_adopt_orphans(void) { prctl(PR_SET_CHILD_SUBREAPER, 1); }
