#include "common/net/proxyproto.h"

#include <arpa/inet.h>
#include <string.h>

static const char signature[12] = "\r\n\r\n\0\r\nQUIT\n";

#define FIXED 16 /* bytes of a version 2 header before the addresses */

enum { VERSION_2 = 2, LOCAL = 0, PROXY = 1 };

enum { UNSPEC = 0x0, INET = 0x1, INET6 = 0x2, UNIX = 0x3, STREAM = 0x1 };

static struct addr inet_addr4(const void *bytes, uint16_t port) {
    struct addr a;
    addr_any(AF_INET, port, &a);
    memcpy(&a.as.v4.sin_addr, bytes, sizeof a.as.v4.sin_addr);
    return a;
}

static struct addr inet_addr6(const void *bytes, uint16_t port) {
    struct addr a;
    addr_any(AF_INET6, port, &a);
    memcpy(&a.as.v6.sin6_addr, bytes, sizeof a.as.v6.sin6_addr);
    return a;
}

/* The IPv4 address that a v4-mapped one stands for (RFC 4291, section 2.5.5.2). */
static void unmap(struct addr *a) {
    if (addr_family(a) != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->as.v6.sin6_addr)) return;
    *a = inet_addr4(a->as.v6.sin6_addr.s6_addr + 12, addr_port(a));
}

/* --- version 1: "PROXY TCP4 SOURCE DESTINATION SPORT DPORT" CR LF --- */

#define WORDS 6

/* Cuts the line at its single blanks. Returns how many words there are, at most WORDS + 1. */
static int cut(char *line, char *words[WORDS + 1]) {
    int n = 1;
    words[0] = line;
    for (char *blank = strchr(line, ' '); blank && n <= WORDS; blank = strchr(words[n++], ' ')) {
        *blank = 0;
        words[n] = blank + 1;
    }
    return n;
}

static bool read_address(const char *host, const char *port, int family, struct addr *out) {
    uint16_t number;
    if (strchr(host, '%') || !addr_port_number(port, &number)) return false;
    if (!addr_numeric(host, number, out) || addr_family(out) != family) return false;
    unmap(out);
    return true;
}

static const char *read_words(char *line, struct proxyproto *out) {
    char *words[WORDS + 1];
    int n = cut(line, words);
    if (n >= 2 && !strcmp(words[1], "UNKNOWN")) return NULL; /* the rest is to be ignored */
    if (n != WORDS) return "the version 1 line has not six words";
    bool tcp4 = !strcmp(words[1], "TCP4");
    if (!tcp4 && strcmp(words[1], "TCP6") != 0)
        return "the protocol is none of TCP4, TCP6, UNKNOWN";
    int family = tcp4 ? AF_INET : AF_INET6;
    if (!read_address(words[2], words[4], family, &out->source) ||
        !read_address(words[3], words[5], family, &out->destination))
        return "an address or a port is wrong";
    out->named = true;
    return NULL;
}

static int read_line(const char *bytes, size_t n, struct proxyproto *out, const char **why) {
    char line[PROXYPROTO_V1_MOST];
    size_t most = n < PROXYPROTO_V1_MOST ? n : PROXYPROTO_V1_MOST;
    const char *end = memchr(bytes, '\n', most);
    *why = "the version 1 line does not end within 107 bytes";
    if (!end) return n >= PROXYPROTO_V1_MOST ? -1 : 0;
    size_t size = (size_t)(end - bytes);
    *why = "the version 1 line does not end with CR LF";
    if (bytes[size - 1] != '\r' || memchr(bytes, 0, size)) return -1;
    memcpy(line, bytes, size - 1);
    line[size - 1] = 0;
    *why = read_words(line, out);
    return *why ? -1 : (int)size + 1;
}

/* --- version 2: signature, version and command, family, length, addresses, what else (TLVs) --- */

static unsigned number_at(const char *bytes) {
    return (unsigned)(unsigned char)bytes[0] << 8 | (unsigned char)bytes[1];
}

/* How long the addresses of a family are: two of each, and two ports but for Unix sockets. */
static size_t addresses_size(unsigned family) {
    return family == INET ? 12 : family == INET6 ? 36 : family == UNIX ? 216 : 0;
}

static void read_addresses(const char *at, unsigned family, struct proxyproto *out) {
    if (family == INET) {
        out->source = inet_addr4(at, (uint16_t)number_at(at + 8));
        out->destination = inet_addr4(at + 4, (uint16_t)number_at(at + 10));
    } else if (family == INET6) {
        out->source = inet_addr6(at, (uint16_t)number_at(at + 32));
        out->destination = inet_addr6(at + 16, (uint16_t)number_at(at + 34));
    } else {
        out->source.as.any.sa_family = out->destination.as.any.sa_family = AF_UNIX;
        out->source.size = out->destination.size = (socklen_t)sizeof(sa_family_t);
    }
    unmap(&out->source);
    unmap(&out->destination);
    out->named = true;
}

static int read_binary(const char *bytes, size_t n, struct proxyproto *out, const char **why) {
    if (n < FIXED) return 0;
    unsigned command = bytes[12] & 0xf, family = (unsigned char)bytes[13] >> 4;
    size_t length = number_at(bytes + 14), wanted = addresses_size(family);
    *why = "the version is not 2";
    if ((unsigned char)bytes[12] >> 4 != VERSION_2) return -1;
    *why = "the command is neither LOCAL nor PROXY";
    if (command != LOCAL && command != PROXY) return -1;
    *why = "the version 2 header is longer than 4096 bytes";
    if (FIXED + length > PROXYPROTO_V2_MOST) return -1;
    *why = "the version 2 header is too short for its addresses";
    if (command == PROXY && length < wanted) return -1;
    if (n < FIXED + length) return 0;
    if (command == PROXY && wanted > 0) read_addresses(bytes + FIXED, family, out);
    return (int)(FIXED + length);
}

/* --- both --- */

static bool begins_with(const char *bytes, size_t n, const char *start, size_t size) {
    return memcmp(bytes, start, n < size ? n : size) == 0;
}

int proxyproto_read(const char *bytes, size_t n, struct proxyproto *out, const char **why) {
    static const char word[] = "PROXY ";
    int taken = -1;
    *out = (struct proxyproto){.named = false};
    *why = "the connection does not begin with a PROXY header";
    if (begins_with(bytes, n, signature, sizeof signature))
        taken = read_binary(bytes, n, out, why);
    else if (begins_with(bytes, n, word, sizeof word - 1))
        taken = read_line(bytes, n, out, why);
    if (taken >= 0) *why = NULL;
    return taken;
}

/* The same address as IPv6, for a header in which both are of one family. */
static struct addr mapped(const struct addr *a) {
    unsigned char bytes[16] = {[10] = 0xff, [11] = 0xff};
    if (addr_family(a) == AF_INET6) return *a;
    memcpy(bytes + 12, &a->as.v4.sin_addr, 4);
    return inet_addr6(bytes, addr_port(a));
}

static const void *host_bytes(const struct addr *a, size_t *size) {
    *size = addr_family(a) == AF_INET ? 4 : 16;
    return addr_family(a) == AF_INET ? (const void *)&a->as.v4.sin_addr
                                     : (const void *)&a->as.v6.sin6_addr;
}

static void put_line(struct buf *out, const struct addr *source, const struct addr *destination) {
    char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
    size_t size;
    int family = addr_family(source);
    const char *ends[] = {
        inet_ntop(family, host_bytes(source, &size), from, sizeof from),
        inet_ntop(family, host_bytes(destination, &size), to, sizeof to),
    };
    buf_format(out, "PROXY TCP%c %s %s %u %u\r\n", family == AF_INET ? '4' : '6', ends[0], ends[1],
               addr_port(source), addr_port(destination));
}

static void put_number(struct buf *out, unsigned number) {
    const char bytes[] = {(char)(number >> 8), (char)number};
    buf_put(out, bytes, sizeof bytes);
}

static void put_binary(struct buf *out, const struct addr *source, const struct addr *destination) {
    size_t size;
    const void *from = host_bytes(source, &size), *to = host_bytes(destination, &size);
    char kind[] = {VERSION_2 << 4 | PROXY, (char)((size == 4 ? INET : INET6) << 4 | STREAM)};
    buf_put(out, signature, sizeof signature);
    buf_put(out, kind, sizeof kind);
    put_number(out, (unsigned)(2 * size + 4));
    buf_put(out, from, size);
    buf_put(out, to, size);
    put_number(out, addr_port(source));
    put_number(out, addr_port(destination));
}

/* There is no address to tell: the receiver takes that of the connection. */
static void put_unknown(struct buf *out, int version) {
    static const char rest[] = {VERSION_2 << 4 | LOCAL, UNSPEC, 0, 0};
    if (version == 1) {
        buf_format(out, "PROXY UNKNOWN\r\n");
        return;
    }
    buf_put(out, signature, sizeof signature);
    buf_put(out, rest, sizeof rest);
}

void proxyproto_put(struct buf *out, int version, const struct addr *source,
                    const struct addr *destination) {
    struct addr from = *source, to = *destination;
    if (addr_family(&from) == AF_UNIX || addr_family(&to) == AF_UNIX) {
        put_unknown(out, version);
        return;
    }
    unmap(&from);
    unmap(&to);
    if (addr_family(&from) != addr_family(&to)) {
        from = mapped(&from);
        to = mapped(&to);
    }
    if (version == 1)
        put_line(out, &from, &to);
    else
        put_binary(out, &from, &to);
}
