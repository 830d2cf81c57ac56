/* proxyproto: the PROXY protocol header, versions 1 (text) and 2 (binary), with which a proxy tells
 * a server whom it speaks for (HAProxy, "The PROXY protocol, versions 1 & 2"). Pure: bytes in,
 * addresses out. */
#ifndef SOCKKIT_NET_PROXYPROTO_H
#define SOCKKIT_NET_PROXYPROTO_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/addr.h"
#include "common/base/buf.h"

#define PROXYPROTO_V1_MOST 107  /* bytes of a version 1 line, CR LF included (section 2.1) */
#define PROXYPROTO_V2_MOST 4096 /* bytes of a version 2 header that are accepted */
#define PROXYPROTO_MOST PROXYPROTO_V2_MOST

struct proxyproto {
    /* False: the header speaks of the connection itself (LOCAL, UNKNOWN, or an address family that
     * sockkit does not know), so source and destination say nothing. */
    bool named;
    struct addr source, destination; /* a v4-mapped IPv6 address has become its IPv4 address */
};

/* Reads the header at the beginning of n bytes. Returns how many bytes it takes; 0 when more are
 * needed; -1 when these bytes begin no valid header, then *why says so in a few words (static).
 * Never needs more than PROXYPROTO_MOST bytes. */
int proxyproto_read(const char *bytes, size_t n, struct proxyproto *out, const char **why);

/* Puts a header of version 1 or 2 at the end of out, for a connection from source to destination.
 * Addresses of different families are both told as IPv6; Unix sockets as UNKNOWN or UNSPEC. */
void proxyproto_put(struct buf *out, int version, const struct addr *source,
                    const struct addr *destination);

#endif
