#include "applets/probe/target.h"

#include <stdlib.h>

#include "applets/probe/exclude.h"
#include "applets/probe/item.h"
#include "common/base/buf.h"
#include "unit.h"

static struct host_table hosts;
static struct expect nothing;

static struct target_terms terms(void) {
    struct cause cause = {0};
    struct target_terms t = {.type = SOCK_STREAM,
                             .stream = {.type = SOCK_STREAM, .expect = &nothing},
                             .datagram = {.type = SOCK_DGRAM, .expect = &nothing},
                             .hosts = &hosts};
    CHECK(target_terms_ports(&t, "60000", &cause) == 0);
    return t;
}

static void put_goal(const struct target *t, size_t n, struct buf *out) {
    const struct port_range *r = &t->ports.items[n];
    buf_format(out, r->first == r->last ? " %u%s" : " %u-%s", (unsigned)r->first, "");
    if (r->first != r->last) buf_format(out, "%u", (unsigned)r->last);
    if (!t->goals[n].single) buf_format(out, "*%llu", (unsigned long long)t->goals[n].size);
}

/* "HOST PORT PORT-PORT*SIZE ...", a '*' where it is a range; or what is wrong. Valid until the next
 * call. */
static const char *parsed_with(struct target_terms *with, const char *word, const char *behind) {
    static char out[1024];
    struct buf shown = {0};
    struct cause cause = {0};
    char room[ADDR_TEXT];
    struct target *t = target_parse(with, word, behind, &cause);
    if (t) {
        struct item first = {.goal = t->goals};
        buf_format(&shown, "%s", item_host(&first, room));
        for (size_t n = 0; n < t->ports.count; n++) put_goal(t, n, &shown);
        if (t->question->type == SOCK_DGRAM) buf_format(&shown, " udp");
        if (t->question->http) buf_format(&shown, " http");
        target_release(t, &hosts);
    } else {
        CHECK(cause.status == STATUS_USAGE);
        buf_format(&shown, "%s", cause.text);
    }
    snprintf(out, sizeof out, "%.*s", (int)shown.size, buf_at(&shown));
    buf_free(&shown);
    ports_free(&with->standard);
    return out;
}

static const char *parsed(const char *word, const char *behind) {
    struct target_terms t = terms();
    return parsed_with(&t, word, behind);
}

static void plain(void) {
    CHECK_TEXT(parsed("db", NULL), "db 60000");
    CHECK_TEXT(parsed("db", "80,90-91"), "db 80 90-91*2");
    CHECK_TEXT(parsed("db:80,90-91", NULL), "db 80 90-91*2");
    CHECK_TEXT(parsed("[::1]:80,81", NULL), "::1 80 81");
    CHECK_TEXT(parsed("::1", "80"), "::1 80");
    CHECK_TEXT(parsed("127.0.0.1", NULL), "127.0.0.1 60000");
    CHECK_TEXT(parsed(":80", NULL), "localhost 80");
    CHECK_TEXT(parsed("unix:/run/x-1", NULL), "/run/x-1 0");
    CHECK_TEXT(parsed("my-host-20", "22"), "my-host-20 22");
}

static void networks(void) {
    CHECK_TEXT(parsed("10.0.0.0/30", "22"), "10.0.0.0 22*4");
    CHECK_TEXT(parsed("10.0.0.0/30:22,80-81", NULL), "10.0.0.0 22*4 80-81*8");
    CHECK_TEXT(parsed("10.0.0.5-20", "22"), "10.0.0.5 22*16");
    CHECK_TEXT(parsed("10.0.0.5-20:22", NULL), "10.0.0.5 22*16");
    CHECK_TEXT(parsed("fd00::/126", "22"), "fd00:: 22*4");
    CHECK_TEXT(parsed("[fd00::/126]:22", NULL), "fd00:: 22*4");
    CHECK_TEXT(parsed("10.0.0.1/32", "22"), "10.0.0.1 22*1");
}

static void urls(void) {
    CHECK_TEXT(parsed("tcp://db:5432", NULL), "db 5432");
    CHECK_TEXT(parsed("tcp://db", NULL), "db 60000");
    CHECK_TEXT(parsed("TCP://[::1]:22/", NULL), "::1 22");
    CHECK_TEXT(parsed("udp://10.0.0.0/30", NULL), "\"10.0.0.0/30\": tcp and udp have no path");
    CHECK_TEXT(parsed("udp://dns:53", NULL), "dns 53 udp");
    CHECK_TEXT(parsed("http://web", NULL), "web 80 http");
    CHECK_TEXT(parsed("http://web:8080/up?a=b#c", NULL), "web 8080 http");
    CHECK_TEXT(parsed("http://web?a", "81"), "web 81 http");
    CHECK_TEXT(parsed("http+unix:/run/x:/up", NULL), "/run/x 0 http");
    CHECK_TEXT(parsed("http+unix:/run/x", NULL), "/run/x 0 http");
    CHECK_TEXT(parsed("https://web/", NULL),
               "\"https://web/\": unknown scheme (tcp udp http and http+unix are known)");
    CHECK_TEXT(parsed("http://me:secret@web/", NULL), "\"me:secret@web\": a URL has no user here");
    CHECK_TEXT(parsed("http://web/a b", NULL), "\"/a b\": a path of a URL has no such characters");
    CHECK_TEXT(parsed("tcp://", NULL), "\"\": the host is missing");
    CHECK_TEXT(parsed("http+unix::/up", NULL), "\":/up\": the path of the socket is missing");
}

static void requests(void) {
    struct target_terms t = terms();
    struct cause cause = {0};
    struct target *one = target_parse(&t, "http://[::1]:8080?x", NULL, &cause);
    CHECK(one && strstr(one->question->payload, "GET /?x HTTP/1.1\r\nHost: [::1]:8080\r\n") ==
                     one->question->payload);
    target_release(one, &hosts);
    one = target_parse(&t, "http+unix:/run/x:/v1/a", NULL, &cause);
    CHECK(one && strstr(one->question->payload, "GET /v1/a HTTP/1.1\r\nHost: localhost\r\n") ==
                     one->question->payload);
    target_release(one, &hosts);
    ports_free(&t.standard);
}

static void standard_ports(void) {
    struct target_terms t = {.type = SOCK_STREAM, .ports = "80,81", .hosts = &hosts};
    struct cause cause = {0};
    CHECK(target_terms_ports(&t, "60000", &cause) == 0);
    CHECK_TEXT(parsed_with(&t, "tcp://db", NULL), "db 80 81");
    CHECK(target_terms_ports(&t, "60000", &cause) == 0);
    CHECK_TEXT(parsed_with(&t, "http://db", NULL), "db 80 http");
    CHECK(target_terms_ports(&t, "60000", &cause) == 0);
    CHECK_TEXT(parsed_with(&t, "db:80", NULL), "--port 80,81 and :80 disagree");
    CHECK(target_terms_ports(&t, "60000", &cause) == 0);
    CHECK_TEXT(parsed_with(&t, "db", "80"), "db 80");
}

static void malformed(void) {
    CHECK_TEXT(parsed("80", NULL), "'80' is no host (use -p 80)");
    CHECK_TEXT(parsed("db", "80,"), "port: \"80,\": a port is missing");
    CHECK_TEXT(parsed("db:80", "81"),
               "the ports of db are given twice, :80 and 81 (db 80,81 asks for both)");
    CHECK_TEXT(parsed("unix:/x", "80"), "unix:/x has no port 80");
    CHECK_TEXT(parsed("10.0.0.0/33", NULL), "\"10.0.0.0/33\": an IPv4 network has 0 to 32 bits");
    CHECK_TEXT(parsed("db/24", NULL), "\"db/24\": a network is ADDRESS/BITS");
    CHECK_TEXT(parsed("[fd00::/120]22", NULL),
               "\"[fd00::/120]22\": only :PORTS may follow the ']'");
    struct target_terms six = terms();
    six.family = AF_INET6;
    CHECK_TEXT(parsed_with(&six, "10.0.0.0/24", NULL),
               "10.0.0.0 is an IPv4 address, which -6 forbids");
}

static void ports_behind(void) {
    struct target_terms t = {.type = SOCK_STREAM};
    CHECK(target_takes_ports(&t, "db", "80") && target_takes_ports(&t, "db", "80,http"));
    CHECK(target_takes_ports(&t, "db", "http") && target_takes_ports(&t, "::1", "http"));
    CHECK(target_takes_ports(&t, "db:80", "81"));
    CHECK(!target_takes_ports(&t, "db:80", "http") && !target_takes_ports(&t, "db", "cache-1"));
    t.numeric = true;
    CHECK(!target_takes_ports(&t, "db", "http"));
}

/* Whether the only item of `word` is left out by --exclude `out`. */
static bool excluded(const char *word, const char *out) {
    struct target_terms t = terms(), none = t;
    struct exclude x = {0};
    struct cause cause = {0};
    none.standard = (struct port_list){0};
    CHECK(exclude_add(&x, &none, out, &cause) == 0);
    struct target *one = target_parse(&t, word, NULL, &cause);
    struct item i = {.goal = one->goals, .port = one->ports.items[0].first};
    bool result = exclude_has_item(&x, &i);
    target_release(one, &hosts);
    exclude_free(&x, &hosts);
    ports_free(&t.standard);
    return result;
}

static void exclusions(void) {
    CHECK(excluded("10.0.0.5:80", "10.0.0.0/24") && !excluded("10.0.1.5:80", "10.0.0.0/24"));
    CHECK(excluded("10.0.0.5:80", "10.0.0.5:80-90") && !excluded("10.0.0.5:80", "10.0.0.5:81"));
    CHECK(excluded("db:80", "db") && !excluded("db:80", "db:81") && !excluded("db:80", "cache"));
    CHECK(excluded("unix:/x", "unix:/x") && !excluded("unix:/x", "unix:/y"));
    CHECK(!excluded("db:80", "0.0.0.0/0"));
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a host, its ports beside or behind it, a socket path", plain},
        {"a network or a range of addresses is one goal for each of the ports", networks},
        {"URLs of tcp, udp, http and http+unix, and no others", urls},
        {"the request has the path of the URL, and the host as it is written", requests},
        {"-p is for targets without ports; http has port 80", standard_ports},
        {"what is no target is refused", malformed},
        {"a word behind a host is its ports, or its service", ports_behind},
        {"what is excluded is excluded by name, by address and by port", exclusions},
    };
    return UNIT_RUN(tests);
}
