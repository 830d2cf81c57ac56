#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/net/dgram.h"
#include "common/net/sock.h"

#define INET_MOST ((size_t)65536)
#define UNIX_MOST ((size_t)524288)

struct dgram_batch {
    struct addr from;
    struct dgram item;
    char bytes[UNIX_MOST];
};

struct dgram_batch *dgram_batch_new(void) {
    return mem_new(sizeof(struct dgram_batch));
}

void dgram_batch_free(struct dgram_batch *b) { free(b); }

void dgram_prepare(struct dgram_socket *s, int fd, const struct addr *local) {
    *s = (struct dgram_socket){.fd = fd, .family = addr_family(local)};
}

void dgram_ask_ttl(struct dgram_socket *s) { (void)s; }

void dgram_hear_refusals(struct dgram_socket *s, bool on) { (void)s, (void)on; }

int dgram_receive(struct dgram_batch *b, struct dgram_socket *s, const struct dgram **items) {
    size_t most = s->family == AF_UNIX ? UNIX_MOST : INET_MOST;
    ssize_t n = sock_recvfrom(s->fd, b->bytes, most, &b->from);
    if (n < 0) return -1;
    if (b->from.size == 0) b->from.as.any.sa_family = (sa_family_t)s->family;
    b->item = (struct dgram){.bytes = b->bytes, .size = (size_t)n, .peer = &b->from};
    *items = &b->item;
    return 1;
}

int dgram_send(struct dgram_batch *b, struct dgram_socket *s, const struct dgram *items,
               size_t count) {
    (void)b, (void)count;
    return sock_sendto(s->fd, items->bytes, items->size, items->peer) < 0 ? -1 : 1;
}

struct dgram_drops dgram_drops(const struct dgram_socket *s) {
    (void)s;
    return (struct dgram_drops){-1, -1};
}
