#include "dgram.h"

#include <errno.h>
#include <stdio.h>

const char *dgram_peer(const struct dgram *d, char out[DGRAM_PEER]) {
    if (addr_family(d->peer) != AF_UNIX) return addr_text(d->peer, out);
    if (d->pid > 0)
        snprintf(out, DGRAM_PEER, "unix (pid %ld)", (long)d->pid);
    else
        snprintf(out, DGRAM_PEER, "unix");
    return out;
}

bool dgram_full_now(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS; }
