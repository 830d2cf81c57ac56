#include <errno.h>

#include "common/net/hint.h"
#include "unit.h"

static struct addr numeric(const char *host, uint16_t port) {
    struct addr a = {0};
    CHECK(addr_numeric(host, port, &a));
    return a;
}

static void local_addresses(void) {
    struct addr low = numeric("127.0.0.1", 80), high = numeric("127.0.0.1", 8080),
                link = numeric("fe80::1", 8080);
    CHECK_TEXT(hint_local(&low, EACCES), " (ports below 1024 are for root: choose one above)");
    CHECK_TEXT(hint_local(&high, EACCES), "");
    CHECK_TEXT(hint_local(&high, EADDRNOTAVAIL), " (not an address of this machine)");
    CHECK(strstr(hint_local(&link, EINVAL), "%eth0"));
    CHECK_TEXT(hint_local(&high, EINVAL), "");
}

static void peers(void) {
    struct addr a = numeric("127.0.0.1", 80), link = numeric("fe80::1", 80), path;
    CHECK(addr_unix("/path", &path) == 0);
    CHECK_TEXT(hint_peer(SOCK_STREAM, &a, ECONNREFUSED), " (is a server listening there?)");
    CHECK_TEXT(hint_peer(SOCK_DGRAM, &a, ECONNREFUSED),
               " (an ICMP port-unreachable came back: is a receiver there?)");
    CHECK_TEXT(hint_peer(SOCK_DGRAM, &path, ECONNREFUSED), " (is a receiver there?)");
    CHECK_TEXT(hint_peer(SOCK_STREAM, &a, EACCES), "");
    CHECK_TEXT(hint_peer(SOCK_DGRAM, &a, EADDRNOTAVAIL), "");
    CHECK(strstr(hint_peer(SOCK_STREAM, &link, EINVAL), "%eth0"));
    link.as.v6.sin6_scope_id = 1;
    CHECK_TEXT(hint_peer(SOCK_STREAM, &link, EINVAL), "");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"what helps with an address of this machine", local_addresses},
        {"what helps with a peer's, for streams and for datagrams", peers},
    };
    return UNIT_RUN(tests);
}
