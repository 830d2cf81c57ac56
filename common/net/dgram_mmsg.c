#include <assert.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "common/base/mem.h"
#include "common/loop/loop.h"
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
#define ROOM (BATCH * (INET_MOST + APART))
#define SEGMENTS ((size_t)64)         /* in one send: what every kernel with UDP_SEGMENT takes */
#define SEGMENTS_MOST ((size_t)65000) /* bytes of one send: below what either family takes */
#define CONTROL                                                             \
    (2 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in6_pktinfo)) + \
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

struct dgram_batch {
    char *bytes;
    struct mmsghdr in[BATCH], out[BATCH];
    struct slot slots[BATCH];
    struct parcel parcels[BATCH];
    struct dgram *items;
    size_t items_capacity;
};

/* --- set-up --- */

static bool is_unix(const struct dgram_socket *s) { return s->family == AF_UNIX; }

static void ask_for_ancillary(struct dgram_socket *s, const struct addr *local) {
    int result = -1;
    if (is_unix(s))
        result = sock_set(s->fd, SOL_SOCKET, SO_PASSCRED, 1, "SO_PASSCRED");
    else if (addr_is_any(local))
        result = s->family == AF_INET
                     ? sock_set(s->fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO")
                     : sock_set(s->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    s->ancillary = result == 0;
}

void dgram_prepare(struct dgram_socket *s, int fd, const struct addr *local) {
    *s = (struct dgram_socket){.fd = fd, .family = addr_family(local)};
    ask_for_ancillary(s, local);
    if (is_unix(s)) return;
    s->segment_most = SEGMENTS_MOST;
    if (!sock_tracing()) s->gro = sock_set(fd, IPPROTO_UDP, GRO, 1, "UDP_GRO") == 0;
}

void dgram_ask_ttl(struct dgram_socket *s) {
    if (is_unix(s) || sock_tracing()) return;
    int result = s->family == AF_INET
                     ? sock_set(s->fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL")
                     : sock_set(s->fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
    s->ancillary = s->ancillary || result == 0;
}

/* To end it also forgets those that were not read (ip(7)). */
void dgram_hear_refusals(struct dgram_socket *s, bool on) {
    if (s->family == AF_INET) sock_set(s->fd, IPPROTO_IP, IP_RECVERR, on, "IP_RECVERR");
    if (s->family == AF_INET6) sock_set(s->fd, IPPROTO_IPV6, IPV6_RECVERR, on, "IPV6_RECVERR");
}

static_assert(UNIX_BATCH * (UNIX_MOST + APART) <= ROOM, "a batch of either family has room");

struct dgram_batch *dgram_batch_new(void) {
    return mem_new(sizeof(struct dgram_batch));
}

void dgram_batch_free(struct dgram_batch *b) {
    if (!b) return;
    free(b->bytes);
    free(b->items);
    free(b);
}

/* --- receiving --- */

static void here_v4(struct slot *slot, const struct cmsghdr *c) {
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    addr_any(AF_INET, 0, &slot->here);
    /* for a broadcast or multicast too: an address of ours */
    slot->here.as.v4.sin_addr = info.ipi_spec_dst;
}

static void here_v6(struct slot *slot, const struct cmsghdr *c) {
    struct in6_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr)) return;
    addr_any(AF_INET6, 0, &slot->here);
    slot->here.as.v6.sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) slot->here.as.v6.sin6_scope_id = info.ipi6_ifindex;
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

static bool is(const struct cmsghdr *c, int level, int type) {
    return c->cmsg_level == level && c->cmsg_type == type;
}

static int number_in(const struct cmsghdr *c) {
    int number;
    memcpy(&number, CMSG_DATA(c), sizeof number);
    return number;
}

static pid_t sender_in(const struct cmsghdr *c) {
    struct ucred sender;
    memcpy(&sender, CMSG_DATA(c), sizeof sender);
    return sender.pid;
}

/* Fills in what the control messages tell. Returns the size of a segment, 0: there is one. */
static size_t read_control(struct slot *slot, struct msghdr *m, struct dgram *item) {
    size_t segment = 0;
    slot->here.size = 0;
    for (struct cmsghdr *c = next_control(m, NULL); c; c = next_control(m, c)) {
        if (is(c, IPPROTO_UDP, GRO))
            segment = (size_t)number_in(c);
        else if (is(c, IPPROTO_IP, IP_TTL) || is(c, IPPROTO_IPV6, IPV6_HOPLIMIT))
            item->ttl = number_in(c);
        else if (is(c, IPPROTO_IP, IP_PKTINFO))
            here_v4(slot, c);
        else if (is(c, IPPROTO_IPV6, IPV6_PKTINFO))
            here_v6(slot, c);
        else if (is(c, SOL_SOCKET, SCM_CREDENTIALS))
            item->pid = sender_in(c);
    }
    if (slot->here.size) item->here = &slot->here;
    return segment;
}

/* One message, which may be several datagrams, to items from `n` on; how many there are then. */
static size_t unpack(struct dgram_batch *b, const struct dgram_socket *s, size_t i, size_t n) {
    struct slot *slot = &b->slots[i];
    struct msghdr *m = &b->in[i].msg_hdr;
    size_t left = b->in[i].msg_len, segment = 0;
    const char *at = slot->piece.iov_base;
    struct dgram item = {.peer = &slot->from};
    slot->from.size = m->msg_namelen;
    /* a Unix socket without a name */
    if (m->msg_namelen == 0) slot->from.as.any.sa_family = (sa_family_t)s->family;
    if (m->msg_controllen > 0) segment = read_control(slot, m, &item);
    if (segment == 0) segment = left;
    b->items = mem_grow(b->items, &b->items_capacity, n + 1 + (segment ? left / segment : 0),
                        sizeof *b->items);
    do {
        struct dgram *d = &b->items[n++];
        *d = item;
        d->bytes = at;
        d->size = left < segment ? left : segment;
        at += d->size;
        left -= d->size;
    } while (left > 0);
    return n;
}

/* How many messages a call takes, each of at most `most` bytes. */
static size_t batch_of(const struct dgram_socket *s, size_t *most) {
    *most = is_unix(s) ? UNIX_MOST : INET_MOST;
    return sock_tracing() ? 1 : is_unix(s) ? UNIX_BATCH : BATCH;
}

static void reset_slots(struct dgram_batch *b, const struct dgram_socket *s, size_t count,
                        size_t most) {
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = &b->slots[i];
        struct msghdr *m = &b->in[i].msg_hdr;
        slot->piece = (struct iovec){b->bytes + i * (most + APART), most};
        *m = (struct msghdr){.msg_name = &slot->from.as,
                             .msg_namelen = sizeof slot->from.as,
                             .msg_iov = &slot->piece,
                             .msg_iovlen = 1};
        if (!s->ancillary && !s->gro) continue;
        m->msg_control = slot->control;
        m->msg_controllen = sizeof slot->control;
    }
}

/* Whether the kernel or a container knows nothing of many in one call; a datagram that is itself
 * not permitted is refused again alone. */
static bool batches_denied(void) { return errno == ENOSYS || errno == EPERM; }

static int receive_one(struct dgram_batch *b, const struct dgram_socket *s) {
    struct slot *slot = &b->slots[0];
    struct msghdr *m = &b->in[0].msg_hdr;
    ssize_t n;
    if (s->ancillary || s->gro) {
        n = recvmsg(s->fd, m, MSG_DONTWAIT);
        slot->from.size = m->msg_namelen;
        if (trace_shows(n)) trace_received(n, "recvmsg", s->fd, &slot->piece, &slot->from);
    } else {
        n = sock_recvfrom(s->fd, slot->piece.iov_base, slot->piece.iov_len, &slot->from);
        m->msg_namelen = slot->from.size;
    }
    if (n >= 0) b->in[0].msg_len = (unsigned)n;
    return n < 0 ? -1 : 1;
}

int dgram_receive(struct dgram_batch *b, struct dgram_socket *s, const struct dgram **items) {
    size_t most, count = batch_of(s, &most), n = 0;
    if (!b->bytes) b->bytes = mem_new(ROOM);
    reset_slots(b, s, count, most);
    int got = sock_tracing() ? receive_one(b, s)
                             : recvmmsg(s->fd, b->in, (unsigned)count, MSG_DONTWAIT, NULL);
    if (got < 0 && !sock_tracing() && batches_denied()) got = receive_one(b, s);
    for (int i = 0; i < got; i++) n = unpack(b, s, (size_t)i, n);
    *items = b->items;
    if (got < 0) return -1;
    s->messages += (uint64_t)got;
    s->received += n;
    return (int)n;
}

/* --- sending --- */

static bool same_end(const struct addr *a, const struct addr *b) {
    return a == b || (a && b && addr_equal(a, b));
}

static bool same_way(const struct dgram *a, const struct dgram *b) {
    return same_end(a->peer, b->peer) && same_end(a->here, b->here) && a->ttl == b->ttl;
}

/* How many from the first on can go as one: all of its size, but for the last, which may be
 * shorter. */
static size_t run_length(const struct dgram_socket *s, const struct dgram *d, size_t count) {
    size_t n = 1, size = d[0].size, total = size;
    if (size == 0 || size > s->segment_most) return 1;
    while (n < count && n < SEGMENTS && d[n].size > 0 && d[n].size <= size &&
           total + d[n].size <= SEGMENTS_MOST && same_way(&d[n], &d[0])) {
        total += d[n].size;
        if (d[n++].size < size) break;
    }
    return n;
}

/* The head has the value's size for its own. */
static void put_control(struct msghdr *m, char *control, const struct cmsghdr *head,
                        const void *value) {
    struct cmsghdr *c = (struct cmsghdr *)(void *)(control + m->msg_controllen);
    size_t size = head->cmsg_len;
    c->cmsg_len = (socklen_t)CMSG_LEN(size);
    c->cmsg_level = head->cmsg_level;
    c->cmsg_type = head->cmsg_type;
    memcpy(CMSG_DATA(c), value, size);
    m->msg_control = control;
    m->msg_controllen += (socklen_t)CMSG_SPACE(size);
}

#define HEAD(value, level, type) \
    &(struct cmsghdr) { .cmsg_len = sizeof(value), .cmsg_level = (level), .cmsg_type = (type) }

static void put_here(struct msghdr *m, char *control, const struct addr *here) {
    if (addr_family(here) == AF_INET) {
        struct in_pktinfo info = {.ipi_spec_dst = here->as.v4.sin_addr};
        put_control(m, control, HEAD(info, IPPROTO_IP, IP_PKTINFO), &info);
    } else {
        struct in6_pktinfo info = {.ipi6_addr = here->as.v6.sin6_addr,
                                   .ipi6_ifindex = here->as.v6.sin6_scope_id};
        put_control(m, control, HEAD(info, IPPROTO_IPV6, IPV6_PKTINFO), &info);
    }
}

static void put_ttl(struct msghdr *m, char *control, int family, int ttl) {
    if (family == AF_INET)
        put_control(m, control, HEAD(ttl, IPPROTO_IP, IP_TTL), &ttl);
    else
        put_control(m, control, HEAD(ttl, IPPROTO_IPV6, IPV6_HOPLIMIT), &ttl);
}

static void put_pieces(struct msghdr *m, const struct dgram *d, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct iovec *last = m->msg_iovlen ? &m->msg_iov[m->msg_iovlen - 1] : NULL;
        if (last && (char *)last->iov_base + last->iov_len == d[i].bytes)
            last->iov_len += d[i].size;
        else
            m->msg_iov[m->msg_iovlen++] = (struct iovec){(void *)(uintptr_t)d[i].bytes, d[i].size};
    }
}

/* The first `count` datagrams as message number i. */
static void pack(struct dgram_batch *b, unsigned i, const struct dgram_socket *s,
                 const struct dgram *d, size_t count) {
    struct msghdr *m = &b->out[i].msg_hdr;
    struct parcel *out = &b->parcels[i];
    uint16_t segment = (uint16_t)d->size;
    *m = (struct msghdr){.msg_iov = out->pieces};
    if (d->peer) {
        m->msg_name = (void *)(uintptr_t)&d->peer->as;
        m->msg_namelen = d->peer->size;
    }
    put_pieces(m, d, count);
    if (count > 1) put_control(m, out->control, HEAD(segment, IPPROTO_UDP, SEGMENT), &segment);
    if (d->here) put_here(m, out->control, d->here);
    if (d->ttl) put_ttl(m, out->control, s->family, d->ttl);
    out->count = count;
}

static int send_one(struct dgram_batch *b, const struct dgram_socket *s, const struct dgram *d) {
    if (!d->here) return sock_sendto(s->fd, d->bytes, d->size, d->peer) < 0 ? -1 : 1;
    pack(b, 0, s, d, 1);
    call_began(loop_clock());
    ssize_t n = sendmsg(s->fd, &b->out[0].msg_hdr, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (trace_shows(n))
        trace_sent(n, "sendmsg", s->fd, &(struct iovec){(void *)(uintptr_t)d->bytes, d->size},
                   d->peer);
    return n < 0 ? -1 : 1;
}

/* True when the system takes datagrams of this size one by one alone: larger than the interface's
 * packets, or an interface that cannot take them apart. */
static bool segments_refused(const struct dgram_batch *b, struct dgram_socket *s,
                             const struct dgram *d) {
    if (b->parcels[0].count == 1 ||
        (errno != EINVAL && errno != EMSGSIZE && errno != EIO && errno != EOPNOTSUPP))
        return false;
    s->segment_most = errno == EIO ? 0 : d->size - 1;
    return true;
}

int dgram_send(struct dgram_batch *b, struct dgram_socket *s, const struct dgram *items,
               size_t count) {
    size_t taken = 0, most = s->alone ? 1 : BATCH;
    unsigned messages = 0;
    if (sock_tracing()) return send_one(b, s, items);
    while (messages < most && taken < count) {
        size_t n = run_length(s, items + taken, count - taken);
        pack(b, messages++, s, items + taken, n);
        taken += n;
    }
    int sent = sendmmsg(s->fd, b->out, messages, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && batches_denied()) return send_one(b, s, items);
    if (sent < 0) return segments_refused(b, s, items) ? dgram_send(b, s, items, count) : -1;
    /* sendmmsg(2) keeps the error of a later message to itself: sent alone, it shows the next one.
     */
    s->alone = (unsigned)sent < messages;
    taken = 0;
    for (int i = 0; i < sent; i++) taken += b->parcels[i].count;
    return (int)taken;
}

/* --- drops --- */

struct dgram_drops dgram_drops(const struct dgram_socket *s) {
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof info;
    int result = getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, info, &size);
    if (trace_level) trace_get_text(result, s->fd, "SO_MEMINFO", "");
    if (result < 0 || size <= SK_MEMINFO_DROPS * sizeof info[0])
        return (struct dgram_drops){-1, -1};
    uint64_t least = info[SK_MEMINFO_DROPS];
    uint64_t about = s->messages > 0 ? least * s->received / s->messages : least;
    return (struct dgram_drops){(int64_t)least, (int64_t)about};
}
