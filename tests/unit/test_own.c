/* The address that a listener has, and those that are others'. */
#include "common/net/own.h"

#include <stdlib.h>

#include "unit.h"

/* Like "127.0.0.1:80", "[::1]:80" or a path. */
static struct addr addr_of(const char *text) {
    struct addr a;
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon) {
        CHECK(addr_unix(text, &a) == 0);
        return a;
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    if (*host == '[') {
        memmove(host, host + 1, strlen(host));
        host[strlen(host) - 1] = 0;
    }
    CHECK(addr_numeric(host, (uint16_t)atoi(colon + 1), &a));
    return a;
}

/* On a machine whose interfaces have 127.0.0.1, ::1, 10.1.2.3 and 2001:db8::7. */
static bool is_own(const char *listener, const char *address) {
    static const char *const interfaces[] = {"127.0.0.1:0", "[::1]:0", "10.1.2.3:0",
                                             "[2001:db8::7]:0"};
    struct listeners l = {.addrs = {addr_of(listener)}, .count = 1};
    struct own own = {.listeners = &l};
    struct addr a = addr_of(address);
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        struct addr interface = addr_of(interfaces[i]);
        addrs_add(&own.interfaces, &interface);
    }
    bool result = own_has(&own, &a);
    own_free(&own);
    return result;
}

static void an_address_is_itself_with_its_port(void) {
    CHECK(is_own("127.0.0.1:80", "127.0.0.1:80"));
    CHECK(!is_own("127.0.0.1:80", "127.0.0.1:81"));
    CHECK(!is_own("127.0.0.1:80", "127.0.0.2:80"));
    CHECK(!is_own("127.0.0.1:80", "[::1]:80"));
    CHECK(is_own("[2001:db8::7]:80", "[2001:db8::7]:80"));
    CHECK(is_own("/run/s", "/run/s"));
    CHECK(!is_own("/run/s", "/run/t"));
    CHECK(!is_own("/run/s", "127.0.0.1:0"));
}

static void a_wildcard_is_every_address_of_the_machine(void) {
    CHECK(is_own("0.0.0.0:80", "10.1.2.3:80"));
    CHECK(is_own("0.0.0.0:80", "127.9.9.9:80"));
    CHECK(is_own("[::]:80", "[2001:db8::7]:80"));
    CHECK(!is_own("0.0.0.0:80", "10.1.2.4:80"));
    CHECK(!is_own("0.0.0.0:80", "10.1.2.3:81"));
    CHECK(!is_own("0.0.0.0:80", "[::1]:80"));
    CHECK(!is_own("[::]:80", "10.1.2.3:80"));
}

static void a_mapped_address_is_its_ipv4(void) {
    CHECK(is_own("[::]:80", "[::ffff:10.1.2.3]:80"));
    CHECK(is_own("[::]:80", "[::ffff:127.0.0.1]:80"));
    CHECK(!is_own("[::]:80", "[::ffff:10.1.2.4]:80"));
}

static void what_goes_to_a_wildcard_stays_here(void) {
    CHECK(is_own("127.0.0.1:80", "0.0.0.0:80"));
    CHECK(is_own("[::1]:80", "[::]:80"));
    CHECK(is_own("0.0.0.0:80", "0.0.0.0:80"));
    CHECK(!is_own("10.1.2.3:80", "0.0.0.0:80"));
}

static void the_system_tells_of_loopback(void) {
    struct listeners l = {.addrs = {addr_of("0.0.0.0:80")}, .count = 1};
    struct own own;
    own_find(&own, &l);
    for (size_t i = 0; i < own.interfaces.count; i++)
        CHECK(addr_port(&own.interfaces.items[i]) == 0);
    own_free(&own);
    CHECK(!own_has(&(struct own){.listeners = NULL}, &l.addrs[0]));
}

int main(void) {
    static const struct unit_test tests[] = {
        {"an address is itself with its port", an_address_is_itself_with_its_port},
        {"a wildcard is every address of the machine", a_wildcard_is_every_address_of_the_machine},
        {"a mapped address is its ipv4", a_mapped_address_is_its_ipv4},
        {"what goes to a wildcard stays here", what_goes_to_a_wildcard_stays_here},
        {"the system tells of loopback", the_system_tells_of_loopback},
    };
    return UNIT_RUN(tests);
}
