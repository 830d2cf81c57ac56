#include "common/base/addr.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>

#include "common/base/cidr.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct addr numeric(const char *host, uint16_t port) {
    struct addr a = {0};
    if (!addr_numeric(host, port, &a)) printf("# %s is refused\n", host);
    CHECK(a.size != 0);
    return a;
}

static void ports(void) {
    uint16_t port = 7;
    CHECK(addr_port_number("0", &port) && port == 0);
    CHECK(addr_port_number("65535", &port) && port == 65535);
    CHECK(addr_port_number("0080", &port) && port == 80);
    static const char *const others[] = {"",   "65536", "-1",   "+1",   " 1",
                                         "1 ", "1x",    "0x50", "http", "18446744073709551617"};
    for (size_t i = 0; i < COUNT(others); i++)
        CHECK(!addr_port_number(others[i], &port) && port == 80);
}

static void text_is(const struct addr *a, const char *text, const char *host) {
    char out[ADDR_TEXT];
    CHECK_TEXT(addr_text(a, out), text);
    CHECK_TEXT(addr_host_text(a, out), host);
}

static void numeric_is(const char *host, const char *text, const char *host_text) {
    struct addr a = numeric(host, 60000);
    text_is(&a, text, host_text);
    CHECK(addr_port(&a) == 60000);
}

static void numeric_addresses(void) {
    numeric_is("127.0.0.1", "127.0.0.1:60000", "127.0.0.1");
    numeric_is("255.255.255.255", "255.255.255.255:60000", "255.255.255.255");
    numeric_is("::1", "[::1]:60000", "::1");
    numeric_is("2001:DB8:0::1", "[2001:db8::1]:60000", "2001:db8::1");
    numeric_is("::ffff:192.0.2.1", "192.0.2.1:60000", "192.0.2.1");
    CHECK(numeric("127.0.0.1", 0).size == sizeof(struct sockaddr_in));
    CHECK(numeric("::1", 0).size == sizeof(struct sockaddr_in6));
    static const char *const others[] = {
        "",
        "1",
        "127.1",
        "127.0.0.01",
        "127.0.0.256",
        "127.0.0.1 ",
        "0x7f.0.0.1",
        "localhost",
        "[::1]",
        "::1%",
        ":::",
        "1::2::3",
        "127.0.0.1%1",
        "*",
        "::1%no-such-if",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    struct addr a;
    for (size_t i = 0; i < COUNT(others); i++) CHECK(!addr_numeric(others[i], 1, &a));
}

static void zones(void) {
    char name[IF_NAMESIZE], written[64], text[64];
    CHECK(if_indextoname(1, name) != NULL);
    snprintf(written, sizeof written, "fe80::1%%%s", name);
    snprintf(text, sizeof text, "[fe80::1%%%s]:60000", name);
    numeric_is(written, text, written);
    numeric_is("fe80::1%1", text, written);
    numeric_is("fe80::1%4000000000", "[fe80::1%4000000000]:60000", "fe80::1%4000000000");
    struct addr a;
    CHECK(!addr_numeric("fe80::1%4294967296", 0, &a));
}

static void special_addresses(void) {
    struct addr a;
    addr_loopback(AF_INET, 80, &a);
    text_is(&a, "127.0.0.1:80", "127.0.0.1");
    addr_loopback(AF_INET6, 80, &a);
    text_is(&a, "[::1]:80", "::1");
    addr_any(AF_INET, 0, &a);
    text_is(&a, "0.0.0.0:0", "0.0.0.0");
    addr_any(AF_INET6, 0, &a);
    text_is(&a, "[::]:0", "::");
    addr_set_port(&a, 65535);
    text_is(&a, "[::]:65535", "::");
    addr_loopback(AF_INET, 80, &a);
    addr_set_port(&a, 81);
    CHECK(addr_port(&a) == 81 && addr_family(&a) == AF_INET);
}

static struct addr read_numeric(const char *host) {
    struct addr a = {0};
    CHECK(addr_numeric(host, 4242, &a));
    return a;
}

static void kinds_of_addresses(void) {
    static const struct {
        const char *host;
        bool loopback, any, multicast, lacks_zone;
    } rows[] = {
        {"127.0.0.1", true, false, false, false},  {"127.9.9.9", true, false, false, false},
        {"128.0.0.1", false, false, false, false}, {"0.0.0.0", false, true, false, false},
        {"0.0.0.1", false, false, false, false},   {"223.255.255.255", false, false, false, false},
        {"224.0.0.1", false, false, true, false},  {"239.255.255.255", false, false, true, false},
        {"240.0.0.0", false, false, false, false}, {"::1", true, false, false, false},
        {"::", false, true, false, false},         {"::2", false, false, false, false},
        {"ff0e::1", false, false, true, false},    {"ff02::1", false, false, true, true},
        {"ff02::1%1", false, false, true, false},  {"fe80::1", false, false, false, true},
        {"fe80::1%1", false, false, false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a = read_numeric(rows[i].host);
        CHECK(addr_is_loopback(&a) == rows[i].loopback && addr_is_any(&a) == rows[i].any);
        CHECK(addr_is_multicast(&a) == rows[i].multicast);
        CHECK(addr_lacks_zone(&a) == rows[i].lacks_zone);
    }
}

static void peers(void) {
    char text[ADDR_TEXT];
    struct addr a = read_numeric("127.0.0.1"), u;
    CHECK(addr_unix("/tmp/socket", &u) == 0);
    CHECK_TEXT(addr_peer_text(&a, 77, text), "127.0.0.1:4242");
    CHECK_TEXT(addr_peer_text(&u, 77, text), "unix (pid 77)");
    CHECK_TEXT(addr_peer_text(&u, 0, text), "unix");
}

static void unix_paths(void) {
    struct addr a, b;
    CHECK(addr_unix("/run/a.sock", &a) == 0);
    CHECK(addr_family(&a) == AF_UNIX && addr_port(&a) == 0);
    text_is(&a, "unix:/run/a.sock", "unix");
    CHECK(addr_unix("", &b) == -1 && errno == EINVAL);
    char longest[sizeof a.as.un.sun_path + 1] = {0}, text[ADDR_TEXT];
    memset(longest, 'p', sizeof longest - 1);
    CHECK(addr_unix(longest, &b) == -1 && errno == ENAMETOOLONG);
    longest[sizeof longest - 2] = '\0'; /* now it leaves room for its NUL */
    CHECK(addr_unix(longest, &b) == 0);
    snprintf(text, sizeof text, "unix:%s", longest);
    text_is(&b, text, "unix");
}

static void abstract_names(void) {
    struct addr a, b;
    char longest[sizeof a.as.un.sun_path + 2] = {0}, text[ADDR_TEXT];
    CHECK(addr_unix("@a", &a) == 0 && addr_is_abstract(&a));
    CHECK(a.size == offsetof(struct sockaddr_un, sun_path) + 2);
    CHECK(memcmp(a.as.un.sun_path, "\0a", 2) == 0);
    text_is(&a, "unix:@a", "unix");
    CHECK_TEXT(addr_path(&a, text), "@a");
    CHECK(addr_unix("@ab", &b) == 0 && !addr_equal(&a, &b));
    CHECK(addr_unix("./@a", &b) == 0 && !addr_is_abstract(&b) && !addr_equal(&a, &b));
    CHECK_TEXT(addr_path(&b, text), "./@a");
    CHECK(addr_unix("@", &b) == -1 && errno == EINVAL);
    memset(longest, '@', sizeof a.as.un.sun_path);
    CHECK(addr_unix(longest, &b) == 0 && b.size == sizeof b.as.un);
    longest[sizeof a.as.un.sun_path] = 'x';
    CHECK(addr_unix(longest, &b) == -1 && errno == ENAMETOOLONG);
}

static void unix_peers(void) {
    struct addr none = {0};
    text_is(&none, "unix", "unix");
    none.as.un.sun_family = AF_UNIX;
    none.size = sizeof none.as.un.sun_family;
    text_is(&none, "unix", "unix");

    struct addr abstract = none;
    memcpy(abstract.as.un.sun_path, "\0ab\0\n", 5);
    abstract.size += 5;
    text_is(&abstract, "unix:@ab??", "unix");

    struct addr full = none;
    memset(full.as.un.sun_path, 'x', sizeof full.as.un.sun_path);
    full.size = sizeof full.as.un;
    char out[ADDR_TEXT];
    CHECK(strlen(addr_text(&full, out)) == 5 + sizeof full.as.un.sun_path);

    struct addr nasty;
    CHECK(addr_unix("/\x1b[2J\n\xc2\x9b\xff\u202e\u00e9", &nasty) == 0);
    text_is(&nasty, "unix:/?[2J????\u00e9", "unix");
}

static void sameness(void) {
    struct addr a = numeric("127.0.0.1", 1), b = numeric("127.0.0.1", 2),
                c = numeric("127.0.0.2", 1);
    CHECK(addr_same_host(&a, &b) && !addr_equal(&a, &b) && addr_equal(&a, &a));
    CHECK(!addr_same_host(&a, &c) && !addr_equal(&a, &c));
    struct addr d = numeric("fe80::1%1", 1), e = numeric("fe80::1%2", 1),
                f = numeric("fe80::1%1", 1);
    CHECK(!addr_same_host(&d, &e) && addr_equal(&d, &f) && !addr_same_host(&a, &d));
    f.as.v6.sin6_flowinfo = 7;
    CHECK(addr_equal(&d, &f));
    addr_set_port(&f, 2);
    CHECK(addr_same_host(&d, &f) && !addr_equal(&d, &f));
}

static void unix_sameness(void) {
    struct addr a, b, c;
    CHECK(addr_unix("/a", &a) == 0 && addr_unix("/a", &b) == 0 && addr_unix("/ab", &c) == 0);
    CHECK(addr_same_host(&a, &c) && addr_equal(&a, &b) && !addr_equal(&a, &c));
    b.size--; /* without the NUL, as some systems give it */
    CHECK(addr_equal(&a, &b));
    struct addr x = a, y = a;
    memcpy(x.as.un.sun_path, "\0x", 2);
    memcpy(y.as.un.sun_path, "\0y", 2);
    CHECK(!addr_equal(&x, &y) && addr_equal(&x, &x));
}

static bool matches(const char *nets, const char *host) {
    struct access_list access = {0};
    struct addr a = numeric(host, 1);
    CHECK(cidr_list_add(&access.deny, nets) == NULL);
    bool denied = !access_allows(&access, &a);
    free(access.deny.items);
    return denied;
}

static void networks(void) {
    CHECK(matches("127.0.0.1", "127.0.0.1") && !matches("127.0.0.1", "127.0.0.2"));
    CHECK(matches("10.0.0.0/8", "10.255.1.2") && !matches("10.0.0.0/8", "11.0.0.0"));
    CHECK(matches("10.1.2.3/8", "10.9.9.9"));
    CHECK(matches("192.0.2.129/25", "192.0.2.128") && !matches("192.0.2.129/25", "192.0.2.127"));
    CHECK(matches("192.0.2.6/31", "192.0.2.7") && !matches("192.0.2.6/31", "192.0.2.5"));
    CHECK(matches("0.0.0.0/0", "203.0.113.9") && !matches("0.0.0.0/0", "::1"));
    CHECK(matches("::/0", "2001:db8::1") && !matches("::/0", "127.0.0.1"));
    CHECK(matches("2001:db8::/33", "2001:db8:7fff::1") &&
          !matches("2001:db8::/33", "2001:db8:8000::"));
    CHECK(matches("fe80::/10", "fe80::1%1"));
    CHECK(matches("::1/128", "::1") && !matches("::1/128", "::2"));
    CHECK(matches("::1,10.0.0.0/8,127.0.0.1", "127.0.0.1") &&
          matches("::1,10.0.0.0/8", "10.1.1.1"));
    CHECK(!matches("127.0.0.0/8", "7f00::1"));
}

static void mapped_networks(void) {
    CHECK(matches("127.0.0.0/8", "::ffff:127.0.0.1") &&
          !matches("127.0.0.0/8", "::ffff:128.0.0.1"));
    CHECK(matches("::ffff:10.0.0.0/104", "10.1.2.3") &&
          !matches("::ffff:10.0.0.0/104", "11.1.2.3"));
    CHECK(!matches("::ffff:10.0.0.0/95", "0.0.0.1") && matches("::ffff:0:0/96", "203.0.113.9"));
    CHECK(matches("::ffff:127.0.0.1", "127.0.0.1") && !matches("::/0", "::ffff:127.0.0.1"));
}

static void wrong_is(const char *text, const char *expected) {
    struct cidr_list list = {0};
    CHECK(cidr_list_add(&list, "127.0.0.1") == NULL && list.count == 1);
    const char *wrong = cidr_list_add(&list, text);
    CHECK_TEXT(wrong != NULL ? wrong : "(nothing)", expected);
    CHECK(list.count == 1);
    free(list.items);
}

static void networks_refused(void) {
    static const char missing[] = "an address is missing", none[] = "it is no IPv4 or IPv6 address";
    static const char bits4[] = "the prefix length of an IPv4 network is 0 to 32";
    static const char bits6[] = "the prefix length of an IPv6 network is 0 to 128";
    wrong_is("", missing);
    wrong_is("::1,", missing);
    wrong_is("::1,,::2", missing);
    wrong_is("/8", none);
    wrong_is("localhost", none);
    wrong_is("10.0.0/8", none);
    wrong_is("fe80::1%1/64", none);
    wrong_is("::1, ::2", none);
    wrong_is("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", none);
    wrong_is("10.0.0.0/33", bits4);
    wrong_is("10.0.0.0/", bits4);
    wrong_is("10.0.0.0/-1", bits4);
    wrong_is("10.0.0.0/8/8", bits4);
    wrong_is("::1,10.0.0.0/8x", bits4);
    wrong_is("::/129", bits6);
}

static bool allowed(const char *allow, const char *deny, const char *host) {
    struct access_list access = {0};
    struct addr a = numeric(host, 1);
    CHECK(*allow == '\0' || cidr_list_add(&access.allow, allow) == NULL);
    CHECK(*deny == '\0' || cidr_list_add(&access.deny, deny) == NULL);
    bool allows = access_allows(&access, &a);
    free(access.allow.items);
    free(access.deny.items);
    return allows;
}

static void access_rules(void) {
    CHECK(allowed("", "", "10.0.0.1"));
    CHECK(allowed("10.0.0.0/8", "", "10.0.0.1"));
    CHECK(!allowed("10.0.0.0/8", "", "11.0.0.1"));
    CHECK(!allowed("10.0.0.0/8", "", "::1"));
    CHECK(!allowed("", "10.0.0.1", "10.0.0.1"));
    CHECK(allowed("", "10.0.0.1", "10.0.0.2"));
    CHECK(!allowed("10.0.0.0/8", "10.0.0.1", "10.0.0.1"));
    CHECK(!allowed("10.0.0.1", "10.0.0.0/8", "10.0.0.1"));
    struct access_list all = {0};
    struct addr path;
    CHECK(cidr_list_add(&all.deny, "0.0.0.0/0,::/0") == NULL && addr_unix("/a", &path) == 0);
    CHECK(access_allows(&all, &path));
    free(all.deny.items);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"ports are digits up to 65535", ports},
        {"numeric addresses are read and shown", numeric_addresses},
        {"zone ids are names or indexes", zones},
        {"loopback and any exist in both families", special_addresses},
        {"addresses are of their kind", kinds_of_addresses},
        {"peers are named by address, or by process", peers},
        {"socket paths have their limit", unix_paths},
        {"an abstract name is written with @, and has no NUL of its own", abstract_names},
        {"unnamed and odd Unix peers are shown harmlessly", unix_peers},
        {"hosts and ports are compared", sameness},
        {"socket paths are compared", unix_sameness},
        {"networks match by their prefix", networks},
        {"v4-mapped addresses are IPv4", mapped_networks},
        {"malformed networks leave the list alone", networks_refused},
        {"deny wins, allow denies the rest", access_rules},
    };
    return UNIT_RUN(tests);
}
