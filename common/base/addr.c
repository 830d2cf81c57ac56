#include "common/base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/base/width.h"

int addr_family(const struct addr *a) { return a->as.any.sa_family; }

/* Not "other than AF_UNIX": the system gives no family at all for a Unix datagram peer without a
 * path. */
static bool is_inet(const struct addr *a) {
    return addr_family(a) == AF_INET || addr_family(a) == AF_INET6;
}

uint16_t addr_port(const struct addr *a) {
    switch (addr_family(a)) {
    case AF_INET:
        return ntohs(a->as.v4.sin_port);
    case AF_INET6:
        return ntohs(a->as.v6.sin6_port);
    default:
        return 0;
    }
}

void addr_set_port(struct addr *a, uint16_t port) {
    if (addr_family(a) == AF_INET) a->as.v4.sin_port = htons(port);
    if (addr_family(a) == AF_INET6) a->as.v6.sin6_port = htons(port);
}

/* How many bytes the path has. The system may return a path with or without its NUL; an abstract
 * name begins with a NUL, and every byte counts (unix(7)). */
static size_t path_size(const struct addr *a) {
    size_t before = offsetof(struct sockaddr_un, sun_path);
    size_t size = a->size > before ? a->size - before : 0;
    const char *path = a->as.un.sun_path;
    return size > 0 && path[0] != '\0' ? strnlen(path, size) : size;
}

bool addr_same_host(const struct addr *a, const struct addr *b) {
    if (addr_family(a) != addr_family(b)) return false;
    if (addr_family(a) == AF_INET) return a->as.v4.sin_addr.s_addr == b->as.v4.sin_addr.s_addr;
    if (addr_family(a) == AF_INET6)
        return IN6_ARE_ADDR_EQUAL(&a->as.v6.sin6_addr, &b->as.v6.sin6_addr) &&
               a->as.v6.sin6_scope_id == b->as.v6.sin6_scope_id;
    return true;
}

bool addr_equal(const struct addr *a, const struct addr *b) {
    if (!addr_same_host(a, b)) return false;
    if (is_inet(a)) return addr_port(a) == addr_port(b);
    size_t size = path_size(a);
    return size == path_size(b) && memcmp(a->as.un.sun_path, b->as.un.sun_path, size) == 0;
}

bool addr_is_abstract(const struct addr *a) {
    return addr_family(a) == AF_UNIX && path_size(a) > 0 && a->as.un.sun_path[0] == '\0';
}

const char *addr_path(const struct addr *a, char out[ADDR_TEXT]) {
    size_t size = path_size(a);
    memcpy(out, a->as.un.sun_path, size);
    out[size] = '\0';
    if (addr_is_abstract(a)) out[0] = '@';
    return out;
}

/* A peer chooses its own path: nothing in it may act on the terminal where it is shown. */
static const char *unix_text(const struct addr *a, char out[ADDR_TEXT]) {
    const char *path = a->as.un.sun_path;
    size_t size = path_size(a);
    char *end = out + snprintf(out, ADDR_TEXT, size > 0 ? "unix:" : "unix");
    if (addr_is_abstract(a)) {
        *end++ = '@';
        path++;
        size--;
    }
    while (size > 0) {
        uint32_t point;
        size_t length = utf8_next(path, size, &point);
        bool harmless = point != UTF8_INVALID && width_of(point) >= 0 && !utf8_is_bidi(point);
        memcpy(end, harmless ? path : "?", harmless ? length : 1);
        end += harmless ? length : 1;
        path += length;
        size -= length;
    }
    *end = '\0';
    return out;
}

/* --- zones: interfaces by number and name --- */

static struct if_nameindex *kept; /* ends with index 0; NULL: the system is asked each time */

void addr_keep_zones(void) {
    if (!kept) kept = if_nameindex();
}

static bool zone_name(uint32_t index, char out[IF_NAMESIZE]) {
    for (const struct if_nameindex *i = kept; i && i->if_index; i++)
        if (i->if_index == index) {
            snprintf(out, IF_NAMESIZE, "%s", i->if_name);
            return true;
        }
    return if_indextoname(index, out) != NULL;
}

static uint32_t zone_index(const char *name) {
    for (const struct if_nameindex *i = kept; i && i->if_index; i++)
        if (!strcmp(i->if_name, name)) return i->if_index;
    return if_nametoindex(name);
}

static const char *v6_text(const struct sockaddr_in6 *v6, char out[ADDR_TEXT]) {
    inet_ntop(AF_INET6, &v6->sin6_addr, out, ADDR_TEXT);
    if (v6->sin6_scope_id == 0) return out;
    char name[IF_NAMESIZE];
    size_t end = strlen(out);
    if (zone_name(v6->sin6_scope_id, name))
        snprintf(out + end, ADDR_TEXT - end, "%%%s", name);
    else
        snprintf(out + end, ADDR_TEXT - end, "%%%u", (unsigned)v6->sin6_scope_id);
    return out;
}

static bool is_mapped(const struct addr *a) {
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->as.v6.sin6_addr);
}

const char *addr_host_text(const struct addr *a, char out[ADDR_TEXT]) {
    if (is_mapped(a)) return inet_ntop(AF_INET, &a->as.v6.sin6_addr.s6_addr[12], out, ADDR_TEXT);
    if (addr_family(a) == AF_INET) return inet_ntop(AF_INET, &a->as.v4.sin_addr, out, ADDR_TEXT);
    if (addr_family(a) == AF_INET6) return v6_text(&a->as.v6, out);
    snprintf(out, ADDR_TEXT, "unix");
    return out;
}

const char *addr_text(const struct addr *a, char out[ADDR_TEXT]) {
    if (!is_inet(a)) return unix_text(a, out);
    char host[ADDR_TEXT];
    addr_host_text(a, host);
    bool brackets = addr_family(a) == AF_INET6 && !is_mapped(a);
    snprintf(out, ADDR_TEXT, brackets ? "[%.100s]:%u" : "%.100s:%u", host, (unsigned)addr_port(a));
    return out;
}

const char *addr_peer_text(const struct addr *a, pid_t pid, char out[ADDR_TEXT]) {
    if (is_inet(a)) return addr_text(a, out);
    snprintf(out, ADDR_TEXT, pid > 0 ? "unix (pid %ld)" : "unix", (long)pid);
    return out;
}

static void set_v4(struct addr *out, struct in_addr host, uint16_t port) {
    *out = (struct addr){.size = sizeof out->as.v4};
    out->as.v4.sin_family = AF_INET;
    out->as.v4.sin_addr = host;
    out->as.v4.sin_port = htons(port);
}

static void set_v6(struct addr *out, struct in6_addr host, uint32_t zone, uint16_t port) {
    *out = (struct addr){.size = sizeof out->as.v6};
    out->as.v6.sin6_family = AF_INET6;
    out->as.v6.sin6_addr = host;
    out->as.v6.sin6_scope_id = zone;
    out->as.v6.sin6_port = htons(port);
}

bool addr_is_loopback(const struct addr *a) {
    if (addr_family(a) == AF_INET) return (ntohl(a->as.v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->as.v6.sin6_addr);
}

bool addr_is_any(const struct addr *a) {
    if (addr_family(a) == AF_INET) return a->as.v4.sin_addr.s_addr == htonl(INADDR_ANY);
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->as.v6.sin6_addr);
}

bool addr_is_multicast(const struct addr *a) {
    if (addr_family(a) == AF_INET) return IN_MULTICAST(ntohl(a->as.v4.sin_addr.s_addr));
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_MULTICAST(&a->as.v6.sin6_addr);
}

bool addr_lacks_zone(const struct addr *a) {
    const struct in6_addr *host = &a->as.v6.sin6_addr;
    if (addr_family(a) != AF_INET6 || a->as.v6.sin6_scope_id != 0) return false;
    return IN6_IS_ADDR_LINKLOCAL(host) || IN6_IS_ADDR_MC_LINKLOCAL(host);
}

bool addr_unmap(const struct addr *a, struct addr *out) {
    struct in_addr host;
    if (!is_mapped(a)) return false;
    memcpy(&host, &a->as.v6.sin6_addr.s6_addr[12], sizeof host);
    set_v4(out, host, addr_port(a));
    return true;
}

void addr_loopback(int family, uint16_t port, struct addr *out) {
    if (family == AF_INET)
        set_v4(out, (struct in_addr){htonl(INADDR_LOOPBACK)}, port);
    else
        set_v6(out, in6addr_loopback, 0, port);
}

void addr_any(int family, uint16_t port, struct addr *out) {
    if (family == AF_INET)
        set_v4(out, (struct in_addr){htonl(INADDR_ANY)}, port);
    else
        set_v6(out, in6addr_any, 0, port);
}

/* Parses an IPv6 address; *zone is the text of its zone id ("" where there is none). */
static bool parse_v6(const char *text, struct in6_addr *out, const char **zone) {
    char address[INET6_ADDRSTRLEN];
    size_t size = strcspn(text, "%");
    if (size >= sizeof address) return false;
    memcpy(address, text, size);
    address[size] = '\0';
    *zone = text + size;
    if (**zone == '%' && *++*zone == '\0') return false;
    return inet_pton(AF_INET6, address, out) == 1;
}

/* A zone id is an interface's name, or its index in digits (RFC 4007 section 11.2). */
static bool parse_zone(const char *zone, uint32_t *index) {
    int64_t number;
    *index = 0;
    if (*zone == '\0') return true;
    if (*zone >= '0' && *zone <= '9' && text_number(zone, &number) == 0 && number <= UINT32_MAX) {
        *index = (uint32_t)number;
        return true;
    }
    *index = zone_index(zone);
    return *index != 0;
}

bool addr_numeric(const char *host, uint16_t port, struct addr *out) {
    struct in_addr v4;
    struct in6_addr v6;
    const char *zone;
    uint32_t index;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        set_v4(out, v4, port);
        return true;
    }
    if (!parse_v6(host, &v6, &zone) || !parse_zone(zone, &index)) return false;
    set_v6(out, v6, index, port);
    return true;
}

int addr_unix(const char *path, struct addr *out) {
    bool abstract = path[0] == '@';
    size_t size = strlen(path), whole = abstract ? size : size + 1; /* no NUL ends a name */
    if (size <= abstract || whole > sizeof out->as.un.sun_path) {
        errno = size <= abstract ? EINVAL : ENAMETOOLONG;
        return -1;
    }
    *out = (struct addr){.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + whole)};
    out->as.un.sun_family = AF_UNIX;
    memcpy(out->as.un.sun_path, path, whole);
    if (abstract) out->as.un.sun_path[0] = '\0';
    return 0;
}

bool addr_port_number(const char *text, uint16_t *port) {
    size_t size = strspn(text, "0123456789");
    int64_t number;
    if (size == 0 || text[size] != '\0' || text_number(text, &number) != 0) return false;
    if (number > UINT16_MAX) return false;
    *port = (uint16_t)number;
    return true;
}

bool addr_is_v6_literal(const char *text) {
    struct in6_addr ignored;
    const char *zone;
    /* "fe80::1%eth0:80" is a port without its brackets, not an interface named eth0:80. */
    return parse_v6(text, &ignored, &zone) && strchr(zone, ':') == NULL;
}

bool addr_lacks_brackets(const char *text) {
    return strncmp(text, "::1:", 4) == 0 && text_is_digits(text + 4);
}
