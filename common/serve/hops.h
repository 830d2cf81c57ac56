/* hops: how servers that answer each other come to an end. A sender can be forged, so that one
 * datagram may set two servers talking for ever, or send one around between relays. What a server
 * sends because of a datagram that came therefore leaves with a TTL (IPv6: hop limit) of one less
 * than that had, as from a router (RFC 791 section 3.2, RFC 8200 section 3); the first one counts
 * down from 255. Systems send with 64 or 128 of their own accord, so that a client is always
 * answered; where some send with 255, no path is long enough to bring it below the end. Pure. */
#ifndef SOCKKIT_SERVE_HOPS_H
#define SOCKKIT_SERVE_HOPS_H

/* The TTL to answer a datagram with, or to pass it on with, that came with `ttl`; 0 (not known)
 * gives 0. -1: servers have been sending each other this one for too long. */
int hops_next(int ttl);

#endif
