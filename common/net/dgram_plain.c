#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/net/dgram.h"
#include "common/net/sock.h"

#define INET_MOST ((size_t)65536)
#define UNIX_MOST ((size_t)524288)

struct dgram_io {
    int fd;
    size_t most;
    char *bytes;
    struct addr from;
    struct dgram item;
};

struct dgram_io *dgram_new(int fd, const struct addr *local) {
    struct dgram_io *io = mem_new(sizeof *io);
    io->fd = fd;
    io->most = addr_family(local) == AF_UNIX ? UNIX_MOST : INET_MOST;
    io->bytes = mem_new(io->most);
    return io;
}

void dgram_free(struct dgram_io *io) {
    if (!io) return;
    free(io->bytes);
    free(io);
}

int dgram_receive(struct dgram_io *io, const struct dgram **items) {
    ssize_t n = sock_recvfrom(io->fd, io->bytes, io->most, &io->from);
    if (n < 0) return -1;
    if (io->from.size == 0 && io->most == UNIX_MOST) io->from.as.any.sa_family = AF_UNIX;
    io->item = (struct dgram){.bytes = io->bytes, .size = (size_t)n, .peer = &io->from};
    *items = &io->item;
    return 1;
}

int dgram_send(struct dgram_io *io, const struct dgram *items, size_t count) {
    (void)count;
    return sock_sendto(io->fd, items->bytes, items->size, items->peer) < 0 ? -1 : 1;
}

int64_t dgram_drops(const struct dgram_io *io, bool *at_least) {
    (void)io;
    *at_least = false;
    return -1;
}
