#include "common/net/diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/net/proc_net.h"

static int asker = -1;

void diag_prepare(void) {
    int type = SOCK_DGRAM | SOCK_CLOEXEC;
    if (asker < 0) asker = aside_move(socket(AF_NETLINK, type, NETLINK_SOCK_DIAG));
}

struct question {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
};

static struct question question(const struct inet_diag_req_v2 *request, unsigned flags) {
    return (struct question){
        .header = {.nlmsg_len = sizeof(struct question),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = (__u16)(NLM_F_REQUEST | flags)},
        .request = *request,
    };
}

static bool say(const struct question *questions, size_t size) {
    diag_prepare();
    return asker >= 0 && send(asker, questions, size, 0) == (ssize_t)size;
}

/* --- all sockets at a port --- */

/* Where the questions are asked one behind the other, in this order. */
static const int families[] = {AF_INET, AF_INET6};
#define FAMILIES (sizeof families / sizeof families[0])

static struct question list_question(const struct net_query *q, int family) {
    const struct inet_diag_req_v2 request = {.sdiag_family = (__u8)family,
                                             .sdiag_protocol =
                                                 q->type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP,
                                             .idiag_states = q->states,
                                             .id.idiag_sport = htons(q->port)};
    return question(&request, NLM_F_DUMP);
}

static void read_socket(const struct inet_diag_msg *m, struct net_socket *out) {
    addr_any(m->idiag_family, ntohs(m->id.idiag_sport), &out->local);
    if (m->idiag_family == AF_INET)
        memcpy(&out->local.as.v4.sin_addr, m->id.idiag_src, sizeof out->local.as.v4.sin_addr);
    else
        memcpy(&out->local.as.v6.sin6_addr, m->id.idiag_src, sizeof out->local.as.v6.sin6_addr);
    out->connected = m->id.idiag_dport != 0;
    out->state = m->idiag_state;
    out->inode = m->idiag_inode;
    out->left = m->idiag_expires;
}

struct reading {
    void (*show)(void *ctx, const struct net_socket *s);
    void *ctx;
};

enum heard { MORE, ALL, REFUSED };

static enum heard hear_one(const struct nlmsghdr *header, const struct reading *r) {
    struct net_socket s;
    if (header->nlmsg_type == NLMSG_DONE) return ALL;
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) return REFUSED;
    read_socket(NLMSG_DATA(header), &s);
    r->show(r->ctx, &s);
    return MORE;
}

/* The answer to one question, which takes as many messages as it needs. */
static enum heard hear(const struct reading *r) {
    static union {
        struct nlmsghdr header;
        char bytes[32768];
    } answers;

    for (;;) {
        ssize_t n = recv(asker, &answers, sizeof answers, MSG_DONTWAIT);
        if (n <= 0) return REFUSED;
        unsigned left = (unsigned)n;
        for (const struct nlmsghdr *h = &answers.header; NLMSG_OK(h, left);
             h = NLMSG_NEXT(h, left)) {
            enum heard heard = hear_one(h, r);
            if (heard != MORE) return heard;
        }
    }
}

void diag_each(const struct net_query *q, void (*show)(void *ctx, const struct net_socket *s),
               void *ctx) {
    const struct reading r = {show, ctx};
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct question ask = list_question(q, families[i]);
        if (!say(&ask, sizeof ask) || hear(&r) != ALL) proc_net_each(q, families[i], show, ctx);
    }
}

/* --- a single one --- */

static void put_end(const struct addr *a, __be32 address[4], __be16 *port) {
    bool v4 = addr_family(a) == AF_INET;
    memcpy(address, v4 ? (const void *)&a->as.v4.sin_addr : (const void *)&a->as.v6.sin6_addr,
           v4 ? 4 : 16);
    *port = v4 ? a->as.v4.sin_port : a->as.v6.sin6_port;
}

static bool ask_single(const struct addr *source, const struct addr *destination) {
    struct inet_diag_req_v2 request = {.sdiag_family = (__u8)addr_family(source),
                                       .sdiag_protocol = IPPROTO_TCP,
                                       .idiag_states = ~0U};
    put_end(source, request.id.idiag_src, &request.id.idiag_sport);
    put_end(destination, request.id.idiag_dst, &request.id.idiag_dport);
    request.id.idiag_cookie[0] = request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    const struct question ask = question(&request, 0);
    return say(&ask, sizeof ask);
}

int diag_find(const struct addr *source, const struct addr *destination, struct diag_single *out) {
    union {
        struct nlmsghdr header;
        char bytes[1024];
    } answer;
    const struct inet_diag_msg *m = NLMSG_DATA(&answer.header);
    if (!ask_single(source, destination)) return -1;
    errno = EIO;
    ssize_t n = recv(asker, &answer, sizeof answer, MSG_DONTWAIT);
    if (n < (ssize_t)sizeof answer.header) return -1;
    if (answer.header.nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = NLMSG_DATA(&answer.header);
        errno = -error->error;
        return -1;
    }
    if (n < (ssize_t)NLMSG_LENGTH(sizeof *m)) return -1;
    *out = (struct diag_single){m->idiag_state, m->idiag_rqueue, m->idiag_wqueue, m->idiag_inode};
    return 0;
}
