#include "common/base/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/base/mem.h"

static unsigned family_bits(int family) { return family == AF_INET ? 32 : 128; }

static void clear_host_bits(struct cidr *c) {
    for (unsigned i = 0; i < sizeof c->net; i++) {
        unsigned kept = c->bits > 8 * i ? c->bits - 8 * i : 0;
        if (kept < 8) c->net[i] &= (unsigned char)(0xff00U >> kept);
    }
}

/* Turns a v4-mapped network into the IPv4 network. The host bits are clear, so a network of fewer
 * than 96 bits cannot have the prefix. */
static void unmap(struct cidr *c) {
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (c->family != AF_INET6 || memcmp(c->net, prefix, sizeof prefix) != 0) return;
    c->family = AF_INET;
    c->bits -= 96;
    memmove(c->net, c->net + 12, 4);
    memset(c->net + 4, 0, 12);
}

static const char *parse_bits(const char *text, struct cidr *out) {
    uint16_t bits; /* of the same form as a port: digits alone, at most 65535 */
    if (!addr_port_number(text, &bits) || bits > family_bits(out->family))
        return out->family == AF_INET ? "the prefix length of an IPv4 network is 0 to 32"
                                      : "the prefix length of an IPv6 network is 0 to 128";
    out->bits = bits;
    return NULL;
}

static const char *cidr_parse(const char *text, size_t size, struct cidr *out) {
    char address[INET6_ADDRSTRLEN + sizeof "/128"];
    *out = (struct cidr){.family = AF_INET};
    if (size == 0) return "an address is missing";
    if (size >= sizeof address) return "it is no IPv4 or IPv6 address";
    memcpy(address, text, size);
    address[size] = '\0';
    char *slash = strchr(address, '/');
    if (slash != NULL) *slash = '\0';

    if (strchr(address, ':') != NULL) out->family = AF_INET6;
    if (inet_pton(out->family, address, out->net) != 1) return "it is no IPv4 or IPv6 address";
    out->bits = family_bits(out->family);
    const char *wrong = slash != NULL ? parse_bits(slash + 1, out) : NULL;
    clear_host_bits(out);
    unmap(out);
    return wrong;
}

const char *cidr_list_add(struct cidr_list *list, const char *text) {
    size_t before = list->count;
    for (;;) {
        size_t size = strcspn(text, ",");
        struct cidr item;
        const char *wrong = cidr_parse(text, size, &item);
        if (wrong != NULL) {
            list->count = before;
            return wrong;
        }
        list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
        list->items[list->count++] = item;
        if (text[size] == '\0') return NULL;
        text += size + 1;
    }
}

static bool covers(const struct cidr *c, const struct cidr *host) {
    struct cidr net = *host;
    net.bits = c->bits;
    clear_host_bits(&net);
    return net.family == c->family && memcmp(net.net, c->net, sizeof net.net) == 0;
}

static bool list_has(const struct cidr_list *list, const struct addr *a) {
    struct cidr host = {.family = addr_family(a)};
    if (host.family == AF_INET)
        memcpy(host.net, &a->as.v4.sin_addr, 4);
    else if (host.family == AF_INET6)
        memcpy(host.net, &a->as.v6.sin6_addr, 16);
    else
        return false;
    host.bits = family_bits(host.family);
    unmap(&host);
    for (size_t i = 0; i < list->count; i++)
        if (covers(&list->items[i], &host)) return true;
    return false;
}

bool access_allows(const struct access_list *access, const struct addr *a) {
    if (list_has(&access->deny, a)) return false;
    return access->allow.count == 0 || list_has(&access->allow, a);
}
