#include "common/net/endpoint.h"

#include <sys/socket.h>

#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* An endpoint in one line: HOST|PORT|PATH, "-" where not given, or what is wrong. */
static const char *parsed(const char *text) {
    static char line[256];
    struct endpoint e;
    const char *wrong = endpoint_parse(text, &e);
    if (wrong != NULL) {
        CHECK(e.host == NULL && e.port == NULL && e.path == NULL);
        return wrong;
    }
    snprintf(line, sizeof line, "%s|%s|%s", e.host != NULL ? e.host : "-",
             e.port != NULL ? e.port : "-", e.path != NULL ? e.path : "-");
    endpoint_free(&e);
    return line;
}

static void endpoints(void) {
    static const struct {
        const char *text, *parts;
    } rows[] = {
        {"localhost", "localhost|-|-"},
        {"localhost:http", "localhost|http|-"},
        {"192.0.2.1:80", "192.0.2.1|80|-"},
        {"*", "*|-|-"},
        {"*:0", "*|0|-"},
        {"60000", "60000|-|-"},
        {":60000", "-|60000|-"},
        {"::1", "::1|-|-"},
        {"::", "::|-|-"},
        {"2001:db8::1:80", "2001:db8::1:80|-|-"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1|-|-"},
        {"fe80::1%eth0", "fe80::1%eth0|-|-"},
        {"[::1]", "::1|-|-"},
        {"[::1]:60000", "::1|60000|-"},
        {"[fe80::1%eth0]:http", "fe80::1%eth0|http|-"},
        {"unix:/run/a.sock", "-|-|/run/a.sock"},
        {"unix:a:80", "-|-|a:80"},
        {"unix", "unix|-|-"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) CHECK_TEXT(parsed(rows[i].text), rows[i].parts);
}

static void endpoints_refused(void) {
    static const char many[] =
        "more than one ':' (an IPv6 address with a port is written [ADDRESS]:PORT)";
    CHECK_TEXT(parsed(""), "the host is missing");
    CHECK_TEXT(parsed(":"), "the port is missing behind ':'");
    CHECK_TEXT(parsed("localhost:"), "the port is missing behind ':'");
    CHECK_TEXT(parsed("[::1]:"), "the port is missing behind ':'");
    CHECK_TEXT(parsed("unix:"), "the path is missing behind 'unix:'");
    CHECK_TEXT(parsed("[::1"), "the ']' is missing");
    CHECK_TEXT(parsed("[::1]80"), "only :PORT may follow the ']'");
    CHECK_TEXT(parsed("[]"), "there is no IPv6 address between the brackets");
    CHECK_TEXT(parsed("[localhost]:80"), "there is no IPv6 address between the brackets");
    CHECK_TEXT(parsed("[127.0.0.1]"), "there is no IPv6 address between the brackets");
    CHECK_TEXT(parsed("[fe80::1%]"), "there is no IPv6 address between the brackets");
    CHECK_TEXT(parsed("a:b:c"), many);
    CHECK_TEXT(parsed("localhost::80"), many);
    CHECK_TEXT(parsed("fe80::1%eth0:80"), many);
    CHECK_TEXT(parsed("1:2:3:4:5:6:7:8:9"), many);
}

/* What a text names, in one line: HOST|PORT|PATH, "-" where there is none; or the cause. */
typedef int naming(const struct endpoint *e, const struct endpoint_terms *t, struct net_name *out,
                   struct cause *cause);

static const char *named(naming *name_it, const char *text, struct endpoint_terms terms) {
    static char line[sizeof(struct cause)];
    struct endpoint e = {0};
    struct net_name name;
    struct cause cause = {.status = STATUS_OK};
    terms.type = SOCK_STREAM;
    CHECK(!*text || endpoint_parse(text, &e) == NULL);
    int result = name_it(&e, &terms, &name, &cause);
    snprintf(line, sizeof line, "%s", cause.text);
    if (result == 0)
        snprintf(line, sizeof line, "%s|%u|%s", name.host ? name.host : "-", (unsigned)name.port,
                 name.path ? name.path : "-");
    CHECK(result == 0 || cause.status == STATUS_USAGE);
    CHECK(result < 0 || (name.family == terms.family && name.type == SOCK_STREAM));
    endpoint_free(&e);
    return line;
}

#define REMOTE(text, ...) \
    named(endpoint_remote, text, (struct endpoint_terms){.otherwise = 60000, __VA_ARGS__})
#define LOCAL(text, ...) \
    named(endpoint_local, text, (struct endpoint_terms){.otherwise = 60000, __VA_ARGS__})

static void whom_to_reach(void) {
    CHECK_TEXT(REMOTE("", ), "-|60000|-");
    CHECK_TEXT(REMOTE("localhost", ), "localhost|60000|-");
    CHECK_TEXT(REMOTE("localhost", .port = "80"), "localhost|80|-");
    CHECK_TEXT(REMOTE("localhost:http", ), "localhost|80|-");
    CHECK_TEXT(REMOTE(":81", .port = "81"), "-|81|-");
    CHECK_TEXT(REMOTE("::1", .family = AF_INET6), "::1|60000|-");
    CHECK_TEXT(REMOTE("unix:/run/a", ), "-|0|/run/a");
}

static void nobody_to_reach(void) {
    static char path[256] = "unix:";
    memset(path + 5, 'x', 200);
    CHECK_TEXT(REMOTE("60000", ), "'60000' is no host (use -p 60000)");
    CHECK_TEXT(REMOTE("a:80", .port = "81"), "--port 81 and :80 disagree");
    CHECK_TEXT(REMOTE("a:70000", ), "port: \"70000\": out of range (0 to 65535)");
    CHECK_TEXT(REMOTE("a:no-such", ), "port: \"no-such\": unknown service name");
    CHECK_TEXT(REMOTE("a:http", .numeric = true),
               "port: \"http\": not a port number (-n forbids the look-up of names)");
    CHECK_TEXT(REMOTE("a", .port = "no-such"), "--port: \"no-such\": unknown service name");
    CHECK_TEXT(REMOTE("a:0", ), "port 0 is for servers: it lets the system choose");
    CHECK_TEXT(REMOTE("a", .port = "0"), "--port 0 is for servers: it lets the system choose");
    CHECK_TEXT(REMOTE("::1", .family = AF_INET), "::1 is an IPv6 address, which -4 forbids");
    CHECK_TEXT(REMOTE("127.0.0.1", .family = AF_INET6),
               "127.0.0.1 is an IPv4 address, which -6 forbids");
    CHECK(strstr(REMOTE(path, ), ": too long for a socket path"));
}

static void a_path_stands_alone(void) {
    static const char alone[] = "unix:a excludes -4, -6, --port and --bind";
    CHECK_TEXT(REMOTE("unix:a", .port = "80"), alone);
    CHECK_TEXT(REMOTE("unix:a", .family = AF_INET6), alone);
    CHECK_TEXT(REMOTE("unix:a", .bound = true), alone);
}

static void where_to_listen(void) {
    CHECK_TEXT(LOCAL("", ), "-|60000|-");
    CHECK_TEXT(LOCAL("*", .port = "0"), "*|0|-");
    CHECK_TEXT(LOCAL("127.0.0.1:81", ), "127.0.0.1|81|-");
    CHECK_TEXT(LOCAL(":81", ), "-|81|-");
    CHECK_TEXT(LOCAL("unix:a", ), "--bind: an address is wanted (use -U a)");
    CHECK_TEXT(LOCAL("81", ), "--bind: \"81\": no address (a port alone is written :81)");
    CHECK_TEXT(LOCAL("a:no-such", ), "--bind: \"no-such\": unknown service name");
    CHECK_TEXT(LOCAL("::1", .family = AF_INET), "::1 is an IPv6 address, which -4 forbids");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"endpoints are taken apart", endpoints},
        {"malformed endpoints are refused in words", endpoints_refused},
        {"whom to reach: host, port and path, from its words and the terms", whom_to_reach},
        {"what can be nobody is refused in words", nobody_to_reach},
        {"a socket path excludes whatever is about addresses", a_path_stands_alone},
        {"where to listen: an address of this machine", where_to_listen},
    };
    return UNIT_RUN(tests);
}
