#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "common/base/mem.h"
#include "common/net/dgram.h"
#include "common/net/sock.h"
#include "common/net/trace.h"

/* libc's <netinet/udp.h> may be older than the kernel (udp(7)). */
enum { SEGMENT = 103, GRO = 104 };

#define BATCH 32
#define INET_MOST ((size_t)65536)
/* between two slots, so that they do not share their places in the cache */
#define APART ((size_t)192)
#define UNIX_BATCH 4
#define UNIX_MOST ((size_t)524288)
#define SEGMENTS ((size_t)64)         /* in one send: what every kernel with UDP_SEGMENT takes */
#define SEGMENTS_MOST ((size_t)65000) /* bytes of one send: below what either family takes */
#define CONTROL                                                         \
    (CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in6_pktinfo)) + \
     CMSG_SPACE(sizeof(struct ucred)))

struct slot {
    struct addr from, here;
    struct iovec piece;
    _Alignas(struct cmsghdr) char control[CONTROL];
};

struct parcel {
    _Alignas(struct cmsghdr) char control[CONTROL];
    struct iovec pieces[SEGMENTS];
    size_t count; /* of datagrams */
};

struct dgram_io {
    int fd, family;
    bool gro;            /* what comes may be several in one */
    bool ancillary;      /* what comes has control messages */
    bool alone;          /* the next message is sent by itself */
    size_t segment_most; /* bytes of a datagram that may be one of several in a send */
    size_t batch, most;
    char *bytes;
    struct mmsghdr in[BATCH], out[BATCH];
    struct slot slots[BATCH];
    struct parcel parcels[BATCH];
    struct dgram *items;
    size_t items_capacity;
};

/* --- set-up --- */

static void ask_for_ancillary(struct dgram_io *io, const struct addr *local) {
    int result = -1;
    if (io->family == AF_UNIX)
        result = sock_set(io->fd, SOL_SOCKET, SO_PASSCRED, 1, "SO_PASSCRED");
    else if (addr_is_any(local))
        result = io->family == AF_INET
                     ? sock_set(io->fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO")
                     : sock_set(io->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    io->ancillary = result == 0;
}

static void prepare_slots(struct dgram_io *io) {
    for (size_t i = 0; i < io->batch; i++) {
        struct slot *s = &io->slots[i];
        s->piece = (struct iovec){io->bytes + i * (io->most + APART), io->most};
        io->in[i].msg_hdr =
            (struct msghdr){.msg_name = &s->from.as, .msg_iov = &s->piece, .msg_iovlen = 1};
    }
}

struct dgram_io *dgram_new(int fd, const struct addr *local) {
    struct dgram_io *io = mem_new(sizeof *io);
    bool local_only = addr_family(local) == AF_UNIX;
    io->fd = fd;
    io->family = addr_family(local);
    io->batch = sock_tracing() ? 1 : local_only ? UNIX_BATCH : BATCH;
    io->most = local_only ? UNIX_MOST : INET_MOST;
    io->segment_most = local_only ? 0 : SEGMENTS_MOST;
    ask_for_ancillary(io, local);
    if (!local_only && !sock_tracing()) io->gro = sock_set(fd, IPPROTO_UDP, GRO, 1, "UDP_GRO") == 0;
    return io;
}

void dgram_free(struct dgram_io *io) {
    if (!io) return;
    free(io->bytes);
    free(io->items);
    free(io);
}

/* --- receiving --- */

static void here_v4(struct slot *s, const struct cmsghdr *c) {
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    addr_any(AF_INET, 0, &s->here);
    /* for a broadcast or multicast too: an address of ours */
    s->here.as.v4.sin_addr = info.ipi_spec_dst;
}

static void here_v6(struct slot *s, const struct cmsghdr *c) {
    struct in6_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr)) return;
    addr_any(AF_INET6, 0, &s->here);
    s->here.as.v6.sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) s->here.as.v6.sin6_scope_id = info.ipi6_ifindex;
}

/* Not CMSG_NXTHDR(3), which musl's headers cannot compile without a warning. */
static struct cmsghdr *next_control(struct msghdr *m, const struct cmsghdr *last) {
    size_t at = last ? (size_t)((const char *)last - (char *)m->msg_control) +
                           CMSG_SPACE(last->cmsg_len - CMSG_LEN(0))
                     : 0;
    return at + sizeof *last <= m->msg_controllen
               ? (struct cmsghdr *)(void *)((char *)m->msg_control + at)
               : NULL;
}

/* Fills in what the control messages tell; the size of a segment, 0: there is one. */
static size_t read_control(struct slot *s, struct msghdr *m, struct dgram *item) {
    size_t segment = 0;
    s->here.size = 0;
    for (struct cmsghdr *c = next_control(m, NULL); c; c = next_control(m, c)) {
        int size;
        struct ucred sender;
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == GRO) {
            memcpy(&size, CMSG_DATA(c), sizeof size);
            segment = (size_t)size;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            here_v4(s, c);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            here_v6(s, c);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
            memcpy(&sender, CMSG_DATA(c), sizeof sender);
            item->pid = sender.pid;
        }
    }
    if (s->here.size) item->here = &s->here;
    return segment;
}

/* One message, which may be several datagrams, to items from `n` on; how many there are then. */
static size_t unpack(struct dgram_io *io, size_t i, size_t n) {
    struct slot *s = &io->slots[i];
    struct msghdr *m = &io->in[i].msg_hdr;
    size_t left = io->in[i].msg_len, segment = 0;
    const char *at = s->piece.iov_base;
    struct dgram item = {.peer = &s->from};
    s->from.size = m->msg_namelen;
    /* a Unix socket without a name */
    if (m->msg_namelen == 0) s->from.as.any.sa_family = (sa_family_t)io->family;
    if (m->msg_controllen > 0) segment = read_control(s, m, &item);
    if (segment == 0) segment = left;
    io->items = mem_grow(io->items, &io->items_capacity, n + 1 + (segment ? left / segment : 0),
                         sizeof *io->items);
    do {
        struct dgram *d = &io->items[n++];
        *d = item;
        d->bytes = at;
        d->size = left < segment ? left : segment;
        at += d->size;
        left -= d->size;
    } while (left > 0);
    return n;
}

static void reset_slots(struct dgram_io *io) {
    for (size_t i = 0; i < io->batch; i++) {
        struct msghdr *m = &io->in[i].msg_hdr;
        m->msg_namelen = sizeof io->slots[i].from.as;
        m->msg_control = io->ancillary || io->gro ? io->slots[i].control : NULL;
        m->msg_controllen = m->msg_control ? sizeof io->slots[i].control : 0;
    }
}

static int receive_traced(struct dgram_io *io) {
    struct slot *s = &io->slots[0];
    struct msghdr *m = &io->in[0].msg_hdr;
    char text[ADDR_TEXT];
    ssize_t n;
    if (io->ancillary) {
        n = recvmsg(io->fd, m, MSG_DONTWAIT);
        s->from.size = m->msg_namelen;
        if (n >= 0 || errno != EAGAIN)
            trace_payload(n, s->piece.iov_base, "recvmsg(%d, %zu, %s)", io->fd, io->most,
                          n < 0 ? "-" : addr_text(&s->from, text));
    } else {
        n = sock_recvfrom(io->fd, s->piece.iov_base, io->most, &s->from);
        m->msg_namelen = s->from.size;
    }
    if (n >= 0) io->in[0].msg_len = (unsigned)n;
    return n < 0 ? -1 : 1;
}

int dgram_receive(struct dgram_io *io, const struct dgram **items) {
    size_t n = 0;
    if (!io->bytes) {
        io->bytes = mem_new(io->batch * (io->most + APART));
        prepare_slots(io);
    }
    reset_slots(io);
    int got = sock_tracing() ? receive_traced(io)
                             : recvmmsg(io->fd, io->in, (unsigned)io->batch, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) n = unpack(io, (size_t)i, n);
    *items = io->items;
    return got < 0 ? -1 : (int)n;
}

/* --- sending --- */

static bool same_end(const struct addr *a, const struct addr *b) {
    return a == b || (a && b && addr_equal(a, b));
}

/* How many from the first on can go as one: all of its size, but for the last, which may be
 * shorter. */
static size_t run_length(const struct dgram_io *io, const struct dgram *d, size_t count) {
    size_t n = 1, size = d[0].size, total = size;
    if (size == 0 || size > io->segment_most) return 1;
    while (n < count && n < SEGMENTS && d[n].size > 0 && d[n].size <= size &&
           total + d[n].size <= SEGMENTS_MOST && same_end(d[n].peer, d[0].peer) &&
           same_end(d[n].here, d[0].here)) {
        total += d[n].size;
        if (d[n++].size < size) break;
    }
    return n;
}

static void put_control(struct msghdr *m, char *control, int level, int type, const void *value,
                        size_t size) {
    struct cmsghdr *c = (struct cmsghdr *)(void *)(control + m->msg_controllen);
    *c = (struct cmsghdr){
        .cmsg_len = (socklen_t)CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
    memcpy(CMSG_DATA(c), value, size);
    m->msg_control = control;
    m->msg_controllen += (socklen_t)CMSG_SPACE(size);
}

static void put_here(struct msghdr *m, char *control, const struct addr *here) {
    if (addr_family(here) == AF_INET) {
        struct in_pktinfo info = {.ipi_spec_dst = here->as.v4.sin_addr};
        put_control(m, control, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
        struct in6_pktinfo info = {.ipi6_addr = here->as.v6.sin6_addr,
                                   .ipi6_ifindex = here->as.v6.sin6_scope_id};
        put_control(m, control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

/* The first `count` datagrams as one message. */
static void pack(struct msghdr *m, struct parcel *out, const struct dgram *d, size_t count) {
    uint16_t segment = (uint16_t)d->size;
    *m = (struct msghdr){.msg_iov = out->pieces};
    if (d->peer) {
        m->msg_name = (void *)(uintptr_t)&d->peer->as;
        m->msg_namelen = d->peer->size;
    }
    for (size_t i = 0; i < count; i++) {
        struct iovec *last = m->msg_iovlen ? &out->pieces[m->msg_iovlen - 1] : NULL;
        if (last && (char *)last->iov_base + last->iov_len == d[i].bytes)
            last->iov_len += d[i].size;
        else
            out->pieces[m->msg_iovlen++] = (struct iovec){(void *)(uintptr_t)d[i].bytes, d[i].size};
    }
    if (count > 1) put_control(m, out->control, IPPROTO_UDP, SEGMENT, &segment, sizeof segment);
    if (d->here) put_here(m, out->control, d->here);
    out->count = count;
}

static int send_traced(struct dgram_io *io, const struct dgram *d) {
    char text[ADDR_TEXT];
    if (!d->here) return sock_sendto(io->fd, d->bytes, d->size, d->peer) < 0 ? -1 : 1;
    struct msghdr *m = &io->out[0].msg_hdr;
    pack(m, &io->parcels[0], d, 1);
    ssize_t n = sendmsg(io->fd, m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0 || errno != EAGAIN)
        trace_payload(n, d->bytes, "sendmsg(%d, %zu, %s)", io->fd, d->size,
                      d->peer ? addr_text(d->peer, text) : "-");
    return n < 0 ? -1 : 1;
}

/* True when the system takes datagrams of this size one by one alone: larger than the interface's
 * packets, or an interface that cannot take them apart. */
static bool segments_refused(struct dgram_io *io, const struct dgram *d) {
    if (io->parcels[0].count == 1 ||
        (errno != EINVAL && errno != EMSGSIZE && errno != EIO && errno != EOPNOTSUPP))
        return false;
    io->segment_most = errno == EIO ? 0 : d->size - 1;
    return true;
}

int dgram_send(struct dgram_io *io, const struct dgram *items, size_t count) {
    size_t taken = 0, most = io->alone ? 1 : BATCH;
    unsigned messages = 0;
    if (sock_tracing()) return send_traced(io, items);
    while (messages < most && taken < count) {
        size_t n = run_length(io, items + taken, count - taken);
        pack(&io->out[messages].msg_hdr, &io->parcels[messages], items + taken, n);
        messages++;
        taken += n;
    }
    int sent = sendmmsg(io->fd, io->out, messages, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return segments_refused(io, items) ? dgram_send(io, items, count) : -1;
    /* sendmmsg(2) keeps the error of a later message to itself: sent alone, it shows the next one.
     */
    io->alone = (unsigned)sent < messages;
    taken = 0;
    for (int i = 0; i < sent; i++) taken += io->parcels[i].count;
    return (int)taken;
}

/* --- drops --- */

int64_t dgram_drops(const struct dgram_io *io, bool *at_least) {
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof info;
    *at_least = io->gro;
    int result = getsockopt(io->fd, SOL_SOCKET, SO_MEMINFO, info, &size);
    if (trace_level > 1) trace_call(result, "", "getsockopt(%d, SO_MEMINFO)", io->fd);
    return result == 0 && size > SK_MEMINFO_DROPS * sizeof info[0] ? (int64_t)info[SK_MEMINFO_DROPS]
                                                                   : -1;
}
