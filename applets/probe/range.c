#include "applets/probe/range.h"

#include <string.h>

#include "common/base/text.h"

#define MOST_BITS 32 /* of a range: 2^32 addresses */
#define TEXT_ROOM 128

/* The bytes of the address in network order, and how many they are. */
static unsigned char *bytes_of(struct addr *a, int *size) {
    bool v4 = addr_family(a) == AF_INET;
    *size = v4 ? 4 : 16;
    return v4 ? (unsigned char *)&a->as.v4.sin_addr : (unsigned char *)&a->as.v6.sin6_addr;
}

/* The last 32 bits; a range does not cross the others. */
static uint32_t low_of(const struct addr *a) {
    struct addr copy = *a;
    int size;
    const unsigned char *end = bytes_of(&copy, &size) + size;
    return (uint32_t)end[-4] << 24 | (uint32_t)end[-3] << 16 | (uint32_t)end[-2] << 8 | end[-1];
}

static void set_low(struct addr *a, uint32_t low) {
    int size;
    unsigned char *end = bytes_of(a, &size) + size;
    for (int i = 1; i <= 4; i++, low >>= 8) end[-i] = (unsigned char)low;
}

/* True when they differ in nothing but their last 32 bits. */
static bool same_high(const struct addr *a, const struct addr *b) {
    struct addr x = *a, y = *b;
    set_low(&x, 0);
    set_low(&y, 0);
    return addr_same_host(&x, &y);
}

static const char *parse_network(const char *address, const char *bits, struct range *out) {
    int64_t n, most;
    if (!addr_numeric(address, 0, &out->first)) return "a network is ADDRESS/BITS";
    most = addr_family(&out->first) == AF_INET ? 32 : 128;
    if (text_number(bits, &n) < 0 || *bits == '+' || n < 0 || n > most)
        return most == 32 ? "an IPv4 network has 0 to 32 bits"
                          : "an IPv6 network has 0 to 128 bits";
    if (most - n > MOST_BITS) return "too many addresses (a /96 at most)";
    out->count = UINT64_C(1) << (most - n);
    set_low(&out->first, low_of(&out->first) & (uint32_t) ~(out->count - 1));
    return NULL;
}

/* The end of FIRST-LAST: a whole address, or the last number of an IPv4 one. */
static bool parse_last(const char *text, const struct addr *first, struct addr *last) {
    int64_t n;
    if (addr_numeric(text, 0, last)) return addr_family(last) == addr_family(first);
    *last = *first;
    if (addr_family(first) != AF_INET || strspn(text, "0123456789") != strlen(text)) return false;
    if (text_number(text, &n) < 0 || n > 255) return false;
    set_low(last, (low_of(first) & ~UINT32_C(255)) | (uint32_t)n);
    return true;
}

static const char *parse_ends(const char *last_text, struct range *out) {
    struct addr last;
    if (!parse_last(last_text, &out->first, &last))
        return "a range of addresses is FIRST-LAST, such as 10.0.0.5-20";
    if (!same_high(&out->first, &last)) return "too many addresses (a /96 at most)";
    if (low_of(&last) < low_of(&out->first)) return "the range ends before it begins";
    out->count = (uint64_t)low_of(&last) - low_of(&out->first) + 1;
    return NULL;
}

const char *range_parse(const char *host, struct range *out) {
    char text[TEXT_ROOM];
    size_t size = strcspn(host, "/-");
    *out = (struct range){.count = 0};
    if (addr_numeric(host, 0, &out->first)) {
        out->count = 1;
        out->single = true;
        return NULL;
    }
    if (size >= sizeof text || !host[size]) return NULL;
    memcpy(text, host, size);
    text[size] = '\0';
    if (host[size] == '/') return parse_network(text, host + size + 1, out);
    if (!addr_numeric(text, 0, &out->first)) return NULL;
    return parse_ends(host + size + 1, out);
}

void range_at(const struct range *range, uint64_t index, uint16_t port, struct addr *out) {
    *out = range->first;
    set_low(out, low_of(&range->first) + (uint32_t)index);
    addr_set_port(out, port);
}

bool range_has(const struct range *range, const struct addr *a) {
    uint32_t low;
    if (addr_family(a) != addr_family(&range->first) || !same_high(&range->first, a)) return false;
    low = low_of(a);
    return low >= low_of(&range->first) && low - low_of(&range->first) < range->count;
}
