#include "common/base/lang.h"
#include "common/net/sysinfo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define TIME_WAIT 60 /* seconds: the kernel's TCP_TIMEWAIT_LEN */

/* The address as /proc/net/tcp prints it: 32-bit words in host order. */
static void words_text(const struct addr *a, char out[40]) {
    uint32_t words[4];
    size_t count = addr_family(a) == AF_INET ? 1 : 4;
    if (count == 1)
        memcpy(words, &a->as.v4.sin_addr, sizeof words[0]);
    else
        memcpy(words, &a->as.v6.sin6_addr, sizeof words);
    for (size_t i = 0; i < count; i++) snprintf(out + 8 * i, 9, "%08" PRIX32, words[i]);
}

static bool holds(const char *held, const struct addr *a) {
    char wanted[40];
    words_text(a, wanted);
    return !strcmp(held, wanted) || strspn(held, "0") == strlen(held) ||
           strspn(wanted, "0") == strlen(wanted);
}

/* The inode of the socket that holds the address, in one of the tables of proc_net(5); 0: none.
 * *waiting becomes the longest time, in ticks of the clock, for which a connection in TIME_WAIT
 * still does. */
static uint64_t table_inode(const char *table, const struct addr *a, long *waiting) {
    char line[512], held[40];
    unsigned port, state;
    unsigned long left;
    uint64_t inode, found = 0;
    FILE *f = fopen(table, "re");
    if (!f) return 0;
    while (!found && fgets(line, sizeof line, f)) {
        if (sscanf(line, " %*d: %39[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*x:%lx %*s %*u %*u %" SCNu64,
                   held, &port, &state, &left, &inode) != 5)
            continue;
        if (port != addr_port(a) || !holds(held, a)) continue;
        if (state != TCP_TIME_WAIT)
            found = inode;
        else if ((long)left > *waiting)
            *waiting = (long)left;
    }
    fclose(f);
    return found;
}

/* The address that words_text printed. */
static bool words_addr(const char *text, unsigned port, struct addr *out) {
    size_t count = strlen(text) / 8;
    uint32_t words[4] = {0};
    if (count != 1 && count != 4) return false;
    for (size_t i = 0; i < count; i++)
        if (sscanf(text + 8 * i, "%8" SCNx32, &words[i]) != 1) return false;
    addr_any(count == 1 ? AF_INET : AF_INET6, (uint16_t)port, out);
    if (count == 1)
        memcpy(&out->as.v4.sin_addr, words, sizeof words[0]);
    else
        memcpy(&out->as.v6.sin6_addr, words, sizeof words);
    return true;
}

/* Adds those of a table that are in the state and at the port, with no peer of their own. */
static void add_receivers(const char *table, unsigned state, uint16_t port, struct addrs *out) {
    char line[512], held[40];
    unsigned at, peer, is;
    struct addr a;
    FILE *f = fopen(table, "re");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, " %*d: %39[0-9A-F]:%x %*[0-9A-F]:%x %x", held, &at, &peer, &is) != 4)
            continue;
        if (at == port && !peer && is == state && words_addr(held, at, &a)) addrs_add(out, &a);
    }
    if (f) fclose(f);
}

/* The inode of the socket at a path, in /proc/net/unix; 0: none. */
static uint64_t path_inode(const char *path) {
    char line[512];
    uint64_t inode, found = 0;
    int at;
    FILE *f = fopen("/proc/net/unix", "re");
    if (!f) return 0;
    while (!found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        at = 0;
        if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %" SCNu64 " %n", &inode, &at) == 1 && at &&
            !strcmp(line + at, path))
            found = inode;
    }
    fclose(f);
    return found;
}

static bool process_has(const char *pid, const char *link) {
    char path[300], to[64];
    struct dirent *e;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *d = opendir(path);
    while (d && !found && (e = readdir(d))) {
        ssize_t n = readlinkat(dirfd(d), e->d_name, to, sizeof to - 1);
        if (n < 0) continue;
        to[n] = 0;
        found = !strcmp(to, link);
    }
    if (d) closedir(d);
    return found;
}

static bool process_name(const char *pid, char out[SYSINFO_OWNER]) {
    char path[300], name[32] = "?";
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof name, f)) name[strcspn(name, "\n")] = 0;
    if (f) fclose(f);
    for (char *c = name; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    snprintf(out, SYSINFO_OWNER, tr("by %s, pid %.12s"), name, pid);
    return true;
}

static bool inode_owner(uint64_t inode, char out[SYSINFO_OWNER]) {
    char link[64];
    struct dirent *e;
    bool found = false;
    snprintf(link, sizeof link, "socket:[%" PRIu64 "]", inode);
    DIR *d = opendir("/proc");
    while (d && !found && (e = readdir(d)))
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && process_has(e->d_name, link))
            found = process_name(e->d_name, out);
    if (d) closedir(d);
    return found;
}

bool sysinfo_owner(int type, const struct addr *a, char out[SYSINFO_OWNER]) {
    long waiting = -1, second = sysconf(_SC_CLK_TCK);
    uint64_t inode;
    char path[ADDR_TEXT];
    if (addr_family(a) == AF_UNIX)
        inode = path_inode(addr_path(a, path));
    else {
        bool v4 = addr_family(a) == AF_INET, stream = type == SOCK_STREAM;
        const char *table4 = stream ? "/proc/net/tcp" : "/proc/net/udp",
                   *table6 = stream ? "/proc/net/tcp6" : "/proc/net/udp6";
        inode = table_inode(v4 ? table4 : table6, a, &waiting);
        /* A socket for both families stands in the table of IPv6. */
        if (!inode && v4) inode = table_inode(table6, a, &waiting);
    }
    if (inode) return inode_owner(inode, out);
    if (waiting >= 0)
        snprintf(
            out, SYSINFO_OWNER,
            tr("in TIME_WAIT for %ld s more of %d: this side ended its last connection first and "
               "waits for what is late; with -O reuseaddr=1, then and now, it binds at once"),
            (waiting + second - 1) / second, TIME_WAIT);
    return waiting >= 0;
}

/* Offsets in the kernel's struct tcp_info, of which libc declares a part. The kernel only
 * appends. */
#define INFO_STATE 0
#define INFO_UNACKED 24
#define INFO_SACKED 28
#define INFO_BYTES_RECEIVED 128
#define INFO_NOT_SENT 144
#define INFO_BYTES_SENT 200
#define INFO_BYTES_SENT_AGAIN 208
#define INFO_SIZE 216

static size_t tcp_info(int fd, unsigned char info[INFO_SIZE]) {
    socklen_t size = INFO_SIZE;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0 ? size : 0;
}

enum sysinfo_state sysinfo_tcp_state(int fd) {
    unsigned char info[INFO_SIZE];
    if (!tcp_info(fd, info)) return SYSINFO_UNKNOWN;
    switch (info[INFO_STATE]) {
    case TCP_ESTABLISHED:
        return SYSINFO_ESTABLISHED;
    case TCP_CLOSE_WAIT:
    case TCP_LAST_ACK:
        return SYSINFO_PEER_ENDED;
    case TCP_FIN_WAIT1:
    case TCP_FIN_WAIT2:
    case TCP_CLOSING:
        return SYSINFO_WE_ENDED;
    case TCP_CLOSE:
        return SYSINFO_CLOSED;
    case TCP_LISTEN:
        return SYSINFO_LISTEN;
    default:
        return SYSINFO_UNKNOWN;
    }
}

/* Of a socket that listens the kernel puts the queue in fields that are about segments elsewhere.
 */
bool sysinfo_queue(int fd, struct sysinfo_queue *out) {
    unsigned char info[INFO_SIZE];
    if (!tcp_info(fd, info) || info[INFO_STATE] != TCP_LISTEN) return false;
    memcpy(&out->waiting, info + INFO_UNACKED, sizeof out->waiting);
    memcpy(&out->most, info + INFO_SACKED, sizeof out->most);
    return true;
}

int sysinfo_time_wait(void) { return 60; } /* TCP_TIMEWAIT_LEN */

int64_t sysinfo_unacknowledged(int fd, bool ended) {
    int queued;
    if (ioctl(fd, TIOCOUTQ, &queued) < 0) return -1;
    /* The FIN has a sequence number of its own, behind all data. */
    return queued > 0 && ended ? queued - 1 : queued;
}

bool sysinfo_counts(int fd, uint64_t *received, uint64_t *sent) {
    unsigned char info[INFO_SIZE];
    uint64_t again;
    uint32_t waiting;
    int unread = 0;
    if (ioctl(fd, FIONREAD, &unread) < 0 || tcp_info(fd, info) < INFO_SIZE) return false;
    memcpy(received, info + INFO_BYTES_RECEIVED, sizeof *received);
    memcpy(sent, info + INFO_BYTES_SENT, sizeof *sent);
    memcpy(&again, info + INFO_BYTES_SENT_AGAIN, sizeof again);
    memcpy(&waiting, info + INFO_NOT_SENT, sizeof waiting);
    bool fin = info[INFO_STATE] == TCP_CLOSE_WAIT || info[INFO_STATE] == TCP_LAST_ACK ||
               info[INFO_STATE] == TCP_CLOSING;
    *received -= (uint64_t)unread + fin; /* a FIN is counted as a byte */
    *sent += waiting - again;
    return true;
}

#define US_PER_MS 1000.0

bool sysinfo_measured(int fd, struct sysinfo_measured *out) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return false;
    *out = (struct sysinfo_measured){.rtt = info.tcpi_rtt / US_PER_MS,
                                     .rttvar = info.tcpi_rttvar / US_PER_MS,
                                     .retransmits = info.tcpi_total_retrans,
                                     .cwnd = info.tcpi_snd_cwnd,
                                     .unacknowledged = info.tcpi_unacked};
    return true;
}

/* --- the other end of a connection: sock_diag(7) --- */

static int diag = -1; /* the socket that asks; kept, for the sandbox allows no new one */

/* Its number is high: the low ones are for what the trace shows. */
#define DIAG_FIRST 100

void sysinfo_prepare(void) {
    int fd = diag < 0 ? socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG) : -1;
    if (fd < 0) return;
    diag = fcntl(fd, F_DUPFD_CLOEXEC, DIAG_FIRST);
    if (diag < 0)
        diag = fd;
    else
        close(fd);
}

static void diag_end(const struct addr *a, __be32 address[4], __be16 *port) {
    bool v4 = addr_family(a) == AF_INET;
    memcpy(address, v4 ? (const void *)&a->as.v4.sin_addr : (const void *)&a->as.v6.sin6_addr,
           v4 ? 4 : 16);
    *port = v4 ? a->as.v4.sin_port : a->as.v6.sin6_port;
}

struct diag_question {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
};

static bool diag_send(const struct inet_diag_req_v2 *request, unsigned flags) {
    struct diag_question question = {
        .header = {.nlmsg_len = sizeof question,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = (__u16)(NLM_F_REQUEST | flags)},
        .request = *request,
    };
    return send(diag, &question, sizeof question, 0) == (ssize_t)sizeof question;
}

static bool diag_ask(const struct addr *source, const struct addr *destination) {
    struct inet_diag_req_v2 request = {.sdiag_family = (__u8)addr_family(source),
                                       .sdiag_protocol = IPPROTO_TCP,
                                       .idiag_states = ~0U};
    diag_end(source, request.id.idiag_src, &request.id.idiag_sport);
    diag_end(destination, request.id.idiag_dst, &request.id.idiag_dport);
    request.id.idiag_cookie[0] = request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return diag_send(&request, 0);
}

union diag_answer {
    struct nlmsghdr header;
    char bytes[1024];
};

/* The socket from source to destination, or else the one that listens at source. 0, or -1 with
 * errno (ENOENT: there is none). */
static int diag_look(const struct addr *source, const struct addr *destination,
                     struct inet_diag_msg *out) {
    union diag_answer answer;
    ssize_t least = NLMSG_LENGTH(sizeof *out);
    sysinfo_prepare();
    if (diag < 0 || !diag_ask(source, destination)) return -1;
    errno = EIO;
    ssize_t n = recv(diag, &answer, sizeof answer, MSG_DONTWAIT);
    if (n < (ssize_t)sizeof answer.header) return -1;
    if (answer.header.nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = NLMSG_DATA(&answer.header);
        errno = -error->error;
        return -1;
    }
    if (n < least) return -1;
    memcpy(out, NLMSG_DATA(&answer.header), sizeof *out);
    return 0;
}

bool sysinfo_abandoned(const struct addr *local, const struct addr *peer) {
    struct inet_diag_msg m;
    bool here = addr_is_loopback(peer) || addr_same_host(local, peer);
    if (addr_family(peer) == AF_UNIX) return false;
    if (diag_look(peer, local, &m) < 0) return here && errno == ENOENT;
    /* Where the connection is gone the system answers with who listens there. */
    if (m.idiag_state == TCP_LISTEN) return here;
    return m.idiag_inode == 0;
}

unsigned sysinfo_full_queue(const struct addr *to) {
    struct inet_diag_msg m;
    struct addr nobody;
    addr_any(addr_family(to), 0, &nobody);
    if (diag_look(to, &nobody, &m) < 0 || m.idiag_state != TCP_LISTEN) return 0;
    return m.idiag_rqueue > m.idiag_wqueue ? m.idiag_rqueue : 0; /* waiting, and the backlog */
}

/* What one answer of a list says. False: it was the last, or an error. */
static bool add_listener(const struct nlmsghdr *header, struct addrs *out) {
    const struct inet_diag_msg *m = NLMSG_DATA(header);
    struct addr a;
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) return false;
    addr_any(m->idiag_family, ntohs(m->id.idiag_sport), &a);
    if (m->idiag_family == AF_INET)
        memcpy(&a.as.v4.sin_addr, m->id.idiag_src, sizeof a.as.v4.sin_addr);
    else
        memcpy(&a.as.v6.sin6_addr, m->id.idiag_src, sizeof a.as.v6.sin6_addr);
    addrs_add(out, &a);
    return true;
}

/* False: the system did not say. The table of proc(5) holds the same, but the kernel walks all
 * connections for it. */
static bool add_listeners(int family, uint16_t port, struct addrs *out) {
    static union {
        struct nlmsghdr header;
        char bytes[32768];
    } answers;
    struct inet_diag_req_v2 request = {.sdiag_family = (__u8)family,
                                       .sdiag_protocol = IPPROTO_TCP,
                                       .idiag_states = 1U << TCP_LISTEN,
                                       .id.idiag_sport = htons(port)};
    if (diag < 0 || !diag_send(&request, NLM_F_DUMP)) return false;
    for (;;) {
        ssize_t n = recv(diag, &answers, sizeof answers, MSG_DONTWAIT);
        if (n <= 0) return false;
        unsigned left = (unsigned)n;
        for (const struct nlmsghdr *h = &answers.header; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
            if (!add_listener(h, out)) return h->nlmsg_type == NLMSG_DONE;
    }
}

void sysinfo_receivers(int type, uint16_t port, struct addrs *out) {
    if (type == SOCK_DGRAM) { /* of those that are not connected */
        add_receivers("/proc/net/udp", TCP_CLOSE, port, out);
        add_receivers("/proc/net/udp6", TCP_CLOSE, port, out);
        return;
    }
    sysinfo_prepare();
    if (!add_listeners(AF_INET, port, out)) add_receivers("/proc/net/tcp", TCP_LISTEN, port, out);
    if (!add_listeners(AF_INET6, port, out)) add_receivers("/proc/net/tcp6", TCP_LISTEN, port, out);
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
