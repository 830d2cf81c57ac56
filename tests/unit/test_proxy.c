/* What is said to a proxy, and what its answers mean, whole or in pieces. */
#include "common/net/proxy.h"

#include <stdbool.h>

#include "common/base/mem.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "KIND HOST PORT USER PASSWORD", or what is wrong. */
static const char *parsed(const char *text) {
    static char line[512];
    struct proxy_url url;
    const char *why = proxy_url_parse(text, &url);
    if (why) {
        CHECK(!url.host && !url.user && !url.password);
        return why;
    }
    snprintf(line, sizeof line, "%d %s %u %s %s", (int)url.kind, url.host, url.port,
             url.user ? url.user : "-", url.password ? url.password : "-");
    proxy_url_free(&url);
    return line;
}

static void urls(void) {
    CHECK_TEXT(parsed("socks5://proxy"), "1 proxy 1080 - -");
    CHECK_TEXT(parsed("socks4://proxy:9050"), "0 proxy 9050 - -");
    CHECK_TEXT(parsed("http://[::1]"), "2 ::1 3128 - -");
    CHECK_TEXT(parsed("http://[::1]:8080/"), "2 ::1 8080 - -");
    CHECK_TEXT(parsed("socks5://me:secret@proxy:1"), "1 proxy 1 me secret");
    CHECK_TEXT(parsed("socks5://me@proxy"), "1 proxy 1080 me -");
    CHECK_TEXT(parsed("http://a%40b:p%3aq%2F@proxy"), "2 proxy 3128 a@b p:q/");
    CHECK_TEXT(parsed("http://me:p@ss@proxy"), "2 proxy 3128 me p@ss");
    CHECK_TEXT(parsed("socks5://me:@proxy"), "1 proxy 1080 me ");
}

static void urls_refused(void) {
    static const char *const wrong[] = {
        "proxy:1080",      "ftp://proxy",          "socks5://",           "socks5://:1080",
        "http://*",        "http://proxy:0",       "http://proxy:99999",  "http://proxy:http",
        "http://proxy/x",  "http://a%4:b@proxy",   "http://a:b%zz@proxy", "http://a%00@proxy",
        "http://a%3a:b@p", "socks5://unix:/run/x",
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct proxy_url url;
        const char *why = proxy_url_parse(wrong[i], &url);
        if (!why) printf("# taken: %s\n", wrong[i]);
        CHECK(why != NULL && !strstr(why, "zz"));
    }
}

static void no_password_is_shown(void) {
    struct proxy_url url;
    char text[PROXY_TEXT];
    CHECK(!proxy_url_parse("socks5://me:secret@[::1]", &url));
    CHECK_TEXT(proxy_url_text(&url, text), "socks5://[::1]:1080");
    proxy_url_free(&url);
}

/* --- talking --- */

static struct proxy_url url;
static struct proxy_talk talk;

static void start(const char *proxy, const char *host, uint16_t port) {
    CHECK(!proxy_url_parse(proxy, &url));
    proxy_talk_start(&talk, &url, host, port);
}

static bool said(const char *bytes, size_t n) {
    bool same = talk.out.size == n && memcmp(buf_at(&talk.out), bytes, n) == 0;
    buf_drop(&talk.out, talk.out.size);
    return same;
}

#define SAID(text) CHECK(said(text, sizeof(text) - 1))

static size_t hear(const char *bytes, size_t n) { return proxy_talk_hear(&talk, bytes, n); }

#define HEAR(text, taken) CHECK(hear(text, sizeof(text) - 1) == (taken))

static void stop(void) {
    proxy_talk_free(&talk);
    proxy_url_free(&url);
}

static void socks5(void) {
    start("socks5://p", "example.org", 80);
    SAID("\5\1\0");
    HEAR("\5\0", 2);
    SAID("\5\1\0\3\13example.org\0\120");
    HEAR("\5\0\0\1\1\2\3\4\0\120rest", 10);
    CHECK(talk.state == PROXY_OPEN);
    stop();
    start("socks5://p", "192.0.2.1", 80);
    HEAR("\5\0", 2);
    SAID("\5\1\0\5\1\0\1\300\0\2\1\0\120");
    HEAR("\5\0\0\3\2ab\0\0", 9);
    CHECK(talk.state == PROXY_OPEN);
    stop();
    start("socks5://p", "::1", 80);
    HEAR("\5\0", 2);
    SAID("\5\1\0\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\120");
    HEAR("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\120", 22);
    CHECK(talk.state == PROXY_OPEN);
    stop();
}

static void socks5_password(void) {
    start("socks5://me:secret@p", "h", 1);
    SAID("\5\2\0\2");
    HEAR("\5\2", 2);
    SAID("\1\2me\6secret");
    HEAR("\1\0", 2);
    SAID("\5\1\0\3\1h\0\1");
    stop();
    start("socks5://me:wrong@p", "h", 1);
    HEAR("\5\2", 2);
    HEAR("\1\1", 2);
    CHECK(talk.state == PROXY_REFUSED);
    CHECK_TEXT(talk.why, "it refused the user and password");
    stop();
    start("socks5://p", "h", 1);
    HEAR("\5\377", 2);
    CHECK(talk.state == PROXY_REFUSED);
    CHECK_TEXT(talk.why, "it wants a user and password");
    stop();
}

static void socks5_refusal(unsigned code, enum proxy_state state, const char *words) {
    char answer[] = {5, (char)code, 0, 1, 0, 0, 0, 0, 0, 0};
    start("socks5://p", "h", 1);
    HEAR("\5\0", 2);
    hear(answer, sizeof answer);
    CHECK(talk.state == state);
    CHECK_TEXT(talk.why, words);
    stop();
}

static void socks5_refusals(void) {
    socks5_refusal(1, PROXY_REFUSED, "general SOCKS server failure");
    socks5_refusal(2, PROXY_REFUSED, "connection not allowed by ruleset");
    socks5_refusal(3, PROXY_UNREACHABLE, "network unreachable");
    socks5_refusal(4, PROXY_UNREACHABLE, "host unreachable");
    socks5_refusal(5, PROXY_REFUSED, "connection refused");
    socks5_refusal(6, PROXY_UNREACHABLE, "TTL expired");
    socks5_refusal(8, PROXY_REFUSED, "address type not supported");
    socks5_refusal(9, PROXY_BROKEN, "SOCKS5 reply 9, which means nothing");
    socks5_refusal(255, PROXY_BROKEN, "SOCKS5 reply 255, which means nothing");
}

static void socks4(void) {
    start("socks4://me@p", "192.0.2.1", 80);
    SAID("\4\1\0\120\300\0\2\1me\0");
    HEAR("\0\132\0\0\0\0\0\0x", 8);
    CHECK(talk.state == PROXY_OPEN);
    stop();
    start("socks4://p", "example.org", 80);
    SAID("\4\1\0\120\0\0\0\1\0example.org\0");
    HEAR("\0\133\0\0\0\0\0\0", 8);
    CHECK(talk.state == PROXY_REFUSED);
    CHECK_TEXT(talk.why, "request rejected or failed");
    stop();
    start("socks4://p", "::1", 80);
    CHECK(talk.state == PROXY_UNREACHABLE && talk.out.size == 0);
    CHECK_TEXT(talk.why, "SOCKS4 knows no IPv6 address (use socks5://)");
    stop();
}

static void http(void) {
    start("http://p", "example.org", 443);
    SAID("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n");
    HEAR("HTTP/1.1 200 OK\r\nVia: x\r\n\r\nSSH-2.0", 27);
    CHECK(talk.state == PROXY_OPEN);
    stop();
    start("http://Aladdin:open%20sesame@p", "::1", 443);
    SAID("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"
         "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    HEAR("HTTP/1.0 100 Continue\r\n\r\nHTTP/1.0 200 yes\n\n", 43);
    CHECK(talk.state == PROXY_OPEN);
    stop();
}

static void http_refusal(const char *answer, enum proxy_state state, const char *words) {
    start("http://p", "h", 1);
    hear(answer, strlen(answer));
    CHECK(talk.state == state);
    CHECK_TEXT(talk.why, words);
    stop();
}

static void http_refusals(void) {
    http_refusal("HTTP/1.1 403 Forbidden\r\n\r\n", PROXY_REFUSED, "403 Forbidden");
    http_refusal("HTTP/1.1 407 Proxy Authentication Required\r\nX: y\r\n\r\n", PROXY_REFUSED,
                 "407 Proxy Authentication Required");
    http_refusal("HTTP/1.1 504 Gateway Timeout\r\n\r\n", PROXY_UNREACHABLE, "504 Gateway Timeout");
    http_refusal("HTTP/1.1 200\r\n\r\n", PROXY_OPEN, "");
    http_refusal("HTTP/1.1 OK\r\n\r\n", PROXY_BROKEN, "its answer has no status");
    http_refusal("SSH-2.0-OpenSSH\r\n", PROXY_BROKEN, "no HTTP answer");
    http_refusal("HTTP/1.1 2", PROXY_TALKING, "");
}

/* An answer without end is given up. */
static void bounded(void) {
    static char endless[PROXY_ANSWER_MOST];
    memset(endless, 'x', sizeof endless);
    memcpy(endless, "HTTP/1.1 200 ", 13);
    start("http://p", "h", 1);
    hear(endless, sizeof endless - 1);
    CHECK(talk.state == PROXY_TALKING);
    hear("x", 1);
    CHECK(talk.state == PROXY_BROKEN);
    stop();
}

/* Hands an answer over, a byte at a time. */
static void in_pieces(const char *proxy, const char *answer, size_t n, size_t header) {
    size_t taken = 0;
    start(proxy, "h", 1);
    for (size_t i = 0; i < n && talk.state == PROXY_TALKING; i++) {
        taken += hear(answer + i, 1);
        buf_drop(&talk.out, talk.out.size);
    }
    CHECK(talk.state == PROXY_OPEN && taken == header);
    stop();
}

static void cut_anywhere(void) {
    static const char s5[] = "\5\2\1\0\5\0\0\3\2ab\0\0rest", s4[] = "\0\132\0\0\0\0\0\0rest";
    static const char h[] = "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nrest";
    in_pieces("socks5://a:b@p", s5, sizeof s5 - 1, 13);
    in_pieces("socks4://p", s4, sizeof s4 - 1, 8);
    in_pieces("http://p", h, sizeof h - 1, sizeof h - 5);
}

static void an_end_is_no_answer(void) {
    start("socks5://p", "h", 1);
    proxy_talk_ended(&talk);
    CHECK(talk.state == PROXY_BROKEN);
    CHECK_TEXT(talk.why, "it closed the connection");
    stop();
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a proxy's URL says kind, host, port, user and password", urls},
        {"a URL that is wrong is refused", urls_refused},
        {"a password is shown nowhere", no_password_is_shown},
        {"SOCKS5 carries names and addresses", socks5},
        {"SOCKS5 asks for user and password", socks5_password},
        {"each refusal of SOCKS5 has its words", socks5_refusals},
        {"SOCKS4 carries IPv4, 4A names, neither IPv6", socks4},
        {"HTTP CONNECT, with Basic authentication", http},
        {"a refusal of HTTP is told in the proxy's words", http_refusals},
        {"an answer has an end", bounded},
        {"an answer may come in any pieces; what is behind it is left", cut_anywhere},
        {"a proxy that closes has not answered", an_end_is_no_answer},
    };
    return UNIT_RUN(tests);
}
