/* addr: socket addresses of any family, as the system calls take them and as text. Pure: nothing
 * here looks a name up, but for the interface of a zone id (if_nametoindex(3), RFC 4007). */
#ifndef SOCKKIT_BASE_ADDR_H
#define SOCKKIT_BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/* A socket address of any family, in less than 128 bytes. */
struct addr {
    socklen_t size; /* as the system calls want it */

    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
    } as;
};

/* The longest text: a socket path, or [address%zone]:port. */
#define ADDR_TEXT 144

int addr_family(const struct addr *a);
uint16_t addr_port(const struct addr *a); /* 0 for a Unix socket */
void addr_set_port(struct addr *a, uint16_t port);
bool addr_same_host(const struct addr *a, const struct addr *b); /* family, address, zone */
bool addr_equal(const struct addr *a, const struct addr *b);     /* and the port or path */

/* "127.0.0.1:60000", "[fe80::1%eth0]:60000", "unix:/path", "unix:@name" ("unix" when it has no
 * name). A v4-mapped address is shown as IPv4; bytes of a path that could act on a terminal are
 * shown as '?'. This one and the next two return out. */
const char *addr_text(const struct addr *a, char out[ADDR_TEXT]);
/* The same for a peer, a Unix one by its process: "unix (pid 4242)"; pid 0: it is not known. */
const char *addr_peer_text(const struct addr *a, pid_t pid, char out[ADDR_TEXT]);
/* The address alone: "127.0.0.1", "fe80::1%eth0", "unix". */
const char *addr_host_text(const struct addr *a, char out[ADDR_TEXT]);

/* Asks the system for the names of its interfaces (zone ids) now, for a process that cannot later;
 * one that comes after is shown by its number. */
void addr_keep_zones(void);

/* Parses a numeric IPv4 or IPv6 address (zone id allowed, no brackets). False when the text is
 * none: "127.1", "1" and leading zeros are not accepted (inet_pton(3)). */
bool addr_numeric(const char *host, uint16_t port, struct addr *out);
/* True for a numeric IPv6 address with any zone id, known here or not; one with a ':' in it is the
 * port of an address that lacks its brackets. */
bool addr_is_v6_literal(const char *text);
/* True for ::1:7001 and the like: an address of the deprecated ::/96 (RFC 4291 section 2.5.5.1),
 * but what is meant is [::1]:7001. */
bool addr_lacks_brackets(const char *text);
bool addr_is_loopback(const struct addr *a);  /* 127/8, ::1 */
bool addr_is_any(const struct addr *a);       /* 0.0.0.0, :: */
bool addr_is_multicast(const struct addr *a); /* 224/4, ff00::/8 */
/* fe80::/10 or ff02::/16 without a zone id, which says of which link (RFC 4007). */
bool addr_lacks_zone(const struct addr *a);
bool addr_is_abstract(const struct addr *a);
/* The path or @name of a Unix socket, for addr_unix and for programs. Returns out. */
const char *addr_path(const struct addr *a, char out[ADDR_TEXT]);
/* True for a v4-mapped IPv6 address (RFC 4291 section 2.5.5.2); *out is the IPv4 address. */
bool addr_unmap(const struct addr *a, struct addr *out);
void addr_loopback(int family, uint16_t port, struct addr *out);
void addr_any(int family, uint16_t port, struct addr *out); /* 0.0.0.0 and :: */
/* Of a path, or of an abstract name (unix(7)), which is written @NAME. -1 with errno ENAMETOOLONG,
 * or EINVAL for an empty one. */
int addr_unix(const char *path, struct addr *out);

/* A number 0-65535 in decimal digits alone. False when it is none (sign, blanks, 65536). */
bool addr_port_number(const char *text, uint16_t *port);

#endif
