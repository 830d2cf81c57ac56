#include "common/net/proxy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/addr.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/endpoint.h"

/* --- the URL --- */

#define SOCKS_PORT 1080
#define HTTP_PORT 3128

static const struct {
    const char *scheme;
    enum proxy_kind kind;
    uint16_t port;
} schemes[] = {
    {"socks4", PROXY_SOCKS4, SOCKS_PORT}, {"socks4a", PROXY_SOCKS4, SOCKS_PORT},
    {"socks5", PROXY_SOCKS5, SOCKS_PORT}, {"socks5h", PROXY_SOCKS5, SOCKS_PORT},
    {"http", PROXY_HTTP, HTTP_PORT},
};

static const char *parse_user(const char *text, size_t n, struct proxy_url *out) {
    const char *colon = memchr(text, ':', n);
    size_t user = colon ? (size_t)(colon - text) : n;
    out->user = endpoint_decode(text, user);
    if (!out->user) return "a '%' in the user is not followed by two hexadecimal digits";
    if (colon) out->password = endpoint_decode(colon + 1, n - user - 1);
    if (colon && !out->password)
        return "a '%' in the password is not followed by two hexadecimal digits";
    if (strchr(out->user, ':') && out->kind == PROXY_HTTP)
        return "a user of Basic authentication has no ':' (RFC 7617)";
    if (strlen(out->user) > 255 || (out->password && strlen(out->password) > 255))
        return "the user or the password is longer than 255 bytes";
    return NULL;
}

static const char *parse_host(const char *text, struct proxy_url *out) {
    size_t size = strcspn(text, "/");
    if (text[size] && text[size + 1]) return "nothing may follow HOST:PORT";
    return endpoint_authority(text, size, &out->host, &out->port);
}

static const char *parse(const char *text, struct proxy_url *out) {
    static const char schemes_are[] =
        "a proxy is written socks5://HOST[:PORT], socks4://HOST[:PORT] or http://HOST[:PORT]";
    const char *rest = strstr(text, "://");
    size_t i = 0, count = sizeof schemes / sizeof *schemes;
    if (!rest) return schemes_are;
    size_t size = (size_t)(rest - text);
    while (i < count &&
           (strlen(schemes[i].scheme) != size || memcmp(schemes[i].scheme, text, size) != 0))
        i++;
    if (i == count) return schemes_are;
    out->kind = schemes[i].kind;
    out->port = schemes[i].port;
    rest += 3;
    const char *at = strrchr(rest, '@');
    const char *why = at ? parse_user(rest, (size_t)(at - rest), out) : NULL;
    return why ? why : parse_host(at ? at + 1 : rest, out);
}

const char *proxy_url_parse(const char *text, struct proxy_url *out) {
    *out = (struct proxy_url){.host = NULL};
    const char *why = parse(text, out);
    if (why) proxy_url_free(out);
    return why;
}

void proxy_url_free(struct proxy_url *url) {
    free(url->host);
    free(url->user);
    free(url->password);
    *url = (struct proxy_url){.host = NULL};
}

const char *proxy_url_text(const struct proxy_url *url, char out[PROXY_TEXT]) {
    static const char *const names[] = {"socks4", "socks5", "http"};
    bool v6 = strchr(url->host, ':');
    snprintf(out, PROXY_TEXT, "%s://%s%.255s%s:%u", names[url->kind], v6 ? "[" : "", url->host,
             v6 ? "]" : "", url->port);
    return out;
}

/* --- both ways --- */

static void fail(struct proxy_talk *t, enum proxy_state state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct proxy_talk *t, enum proxy_state state, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(t->why, sizeof t->why, tr(fmt), args);
    va_end(args);
    t->state = state;
}

static void put_byte(struct buf *out, unsigned byte) { buf_put(out, &(char){(char)byte}, 1); }

static void put_port(struct buf *out, uint16_t port) {
    put_byte(out, port >> 8);
    put_byte(out, port & 0xff);
}

static const char *or_empty(const char *text) { return text ? text : ""; }

/* --- SOCKS4, and 4A where the host is a name --- */

static void begin_socks4(struct proxy_talk *t) {
    static const char unknown[] = {0, 0, 0, 1}; /* 0.0.0.x: the name follows */
    struct addr a;
    bool literal = addr_numeric(t->host, t->port, &a);
    if (literal && addr_family(&a) != AF_INET) {
        fail(t, PROXY_UNREACHABLE, "SOCKS4 knows no IPv6 address (use socks5://)");
        return;
    }
    put_byte(&t->out, 4);
    put_byte(&t->out, 1);
    put_port(&t->out, t->port);
    buf_put(&t->out, literal ? (const void *)&a.as.v4.sin_addr : unknown, 4);
    const char *user = or_empty(t->url->user);
    buf_put(&t->out, user, strlen(user) + 1);
    if (!literal) buf_put(&t->out, t->host, strlen(t->host) + 1);
}

static size_t hear_socks4(struct proxy_talk *t, const char *bytes, size_t n) {
    static const char *const refusals[] = {
        "request rejected or failed",
        "request rejected: the proxy found no identd for us",
        "request rejected: identd names another user",
    };

    if (n > 0 && bytes[0] != 0) {
        fail(t, PROXY_BROKEN, "no SOCKS4 answer");
        return 0;
    }
    if (n < 8) return 0;
    unsigned code = (unsigned char)bytes[1];
    if (code == 90)
        t->state = PROXY_OPEN;
    else if (code > 90 && code < 94)
        fail(t, PROXY_REFUSED, "%s", tr(refusals[code - 91]));
    else
        fail(t, PROXY_BROKEN, "SOCKS4 code %u, which means nothing", code);
    return 8;
}

/* --- SOCKS5 --- */

enum { SOCKS5_NONE = 0, SOCKS5_PASSWORD = 2, SOCKS5_NOTHING = 0xff };

enum { SOCKS5_IPV4 = 1, SOCKS5_NAME = 3, SOCKS5_IPV6 = 4 };

static void begin_socks5(struct proxy_talk *t) {
    if (strlen(t->host) > 255) {
        fail(t, PROXY_UNREACHABLE, "the name is longer than 255 bytes, which SOCKS5 cannot carry");
        return;
    }
    put_byte(&t->out, 5);
    put_byte(&t->out, t->url->user ? 2 : 1);
    put_byte(&t->out, SOCKS5_NONE);
    if (t->url->user) put_byte(&t->out, SOCKS5_PASSWORD);
}

static void ask_to_connect(struct proxy_talk *t) {
    struct addr a;
    t->step = PROXY_CONNECT;
    put_byte(&t->out, 5);
    put_byte(&t->out, 1);
    put_byte(&t->out, 0);
    if (!addr_numeric(t->host, t->port, &a)) {
        put_byte(&t->out, SOCKS5_NAME);
        put_byte(&t->out, (unsigned)strlen(t->host));
        buf_put(&t->out, t->host, strlen(t->host));
    } else if (addr_family(&a) == AF_INET) {
        put_byte(&t->out, SOCKS5_IPV4);
        buf_put(&t->out, &a.as.v4.sin_addr, 4);
    } else {
        put_byte(&t->out, SOCKS5_IPV6);
        buf_put(&t->out, &a.as.v6.sin6_addr, 16);
    }
    put_port(&t->out, t->port);
}

static void put_text(struct buf *out, const char *text) {
    put_byte(out, (unsigned)strlen(text));
    buf_put(out, text, strlen(text));
}

/* RFC 1929. */
static void authenticate(struct proxy_talk *t) {
    t->step = PROXY_AUTHENTICATION;
    put_byte(&t->out, 1);
    put_text(&t->out, or_empty(t->url->user));
    put_text(&t->out, or_empty(t->url->password));
}

static size_t hear_method(struct proxy_talk *t, const char *bytes) {
    unsigned method = (unsigned char)bytes[1];
    if (method == SOCKS5_NONE)
        ask_to_connect(t);
    else if (method == SOCKS5_PASSWORD && t->url->user)
        authenticate(t);
    else if (method == SOCKS5_NOTHING)
        fail(t, PROXY_REFUSED,
             t->url->user ? "it takes neither a password nor nobody"
                          : "it wants a user and password");
    else
        fail(t, PROXY_BROKEN, "it chose method %u, which was not offered", method);
    return 2;
}

static size_t hear_authentication(struct proxy_talk *t, const char *bytes) {
    if (bytes[1] == 0)
        ask_to_connect(t);
    else
        fail(t, PROXY_REFUSED, "it refused the user and password");
    return 2;
}

/* How long an answer is, by what has come of it; 0: not known yet, or wrong. */
static size_t socks5_size(const char *bytes, size_t n) {
    if (n < 5) return 0;
    switch (bytes[3]) {
    case SOCKS5_IPV4:
        return 6 + 4;
    case SOCKS5_IPV6:
        return 6 + 16;
    case SOCKS5_NAME:
        return 6 + 1 + (size_t)(unsigned char)bytes[4];
    default:
        return 0;
    }
}

static size_t hear_connect(struct proxy_talk *t, const char *bytes, size_t n) {
    /* RFC 1928, section 6. */
    static const struct {
        const char *words;
        enum proxy_state state;
    } replies[] = {
        {"succeeded", PROXY_OPEN},
        {"general SOCKS server failure", PROXY_REFUSED},
        {"connection not allowed by ruleset", PROXY_REFUSED},
        {"network unreachable", PROXY_UNREACHABLE},
        {"host unreachable", PROXY_UNREACHABLE},
        {"connection refused", PROXY_REFUSED},
        {"TTL expired", PROXY_UNREACHABLE},
        {"command not supported", PROXY_REFUSED},
        {"address type not supported", PROXY_REFUSED},
    };

    unsigned code = n > 1 ? (unsigned char)bytes[1] : 0;
    size_t size = socks5_size(bytes, n);
    if (code >= sizeof replies / sizeof *replies)
        fail(t, PROXY_BROKEN, "SOCKS5 reply %u, which means nothing", code);
    else if (code != 0) /* whatever the rest is */
        fail(t, replies[code].state, "%s", tr(replies[code].words));
    else if (n >= 5 && size == 0)
        fail(t, PROXY_BROKEN, "SOCKS5 address type %u, which means nothing",
             (unsigned)(unsigned char)bytes[3]);
    else if (size > 0 && n >= size)
        t->state = PROXY_OPEN;
    return t->state == PROXY_OPEN ? size : 0;
}

static size_t hear_socks5(struct proxy_talk *t, const char *bytes, size_t n) {
    char version = t->step == PROXY_AUTHENTICATION ? 1 : 5;
    if (n > 0 && bytes[0] != version) {
        fail(t, PROXY_BROKEN, "no SOCKS5 answer");
        return 0;
    }
    if (n < 2) return 0;
    if (t->step == PROXY_METHOD) return hear_method(t, bytes);
    if (t->step == PROXY_AUTHENTICATION) return hear_authentication(t, bytes);
    return hear_connect(t, bytes, n);
}

/* --- HTTP --- */

/* RFC 4648, section 4. */
static void put_base64(struct buf *out, const char *text, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned group = (unsigned)(unsigned char)text[i] << 16;
        if (i + 1 < n) group |= (unsigned)(unsigned char)text[i + 1] << 8;
        if (i + 2 < n) group |= (unsigned char)text[i + 2];
        char four[] = {digits[group >> 18], digits[group >> 12 & 63],
                       i + 1 < n ? digits[group >> 6 & 63] : '=',
                       i + 2 < n ? digits[group & 63] : '='};
        buf_put(out, four, sizeof four);
    }
}

static void put_credentials(struct proxy_talk *t) {
    char *pair = mem_format("%s:%s", t->url->user, or_empty(t->url->password));
    buf_format(&t->out, "Proxy-Authorization: Basic ");
    put_base64(&t->out, pair, strlen(pair));
    buf_format(&t->out, "\r\n");
    free(pair);
}

static void begin_http(struct proxy_talk *t) {
    bool v6 = strchr(t->host, ':');
    char *where = mem_format("%s%s%s:%u", v6 ? "[" : "", t->host, v6 ? "]" : "", t->port);
    buf_format(&t->out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", where, where);
    if (t->url->user) put_credentials(t);
    buf_format(&t->out, "\r\n");
    free(where);
}

/* The end of the header: behind the first empty line (a line may end with a bare LF, RFC 9112
 * section 2.2); 0: it has not come yet. */
static size_t header_size(const char *bytes, size_t n) {
    for (const char *at = bytes; (at = memchr(at, '\n', n - (size_t)(at - bytes)));) {
        size_t next = (size_t)(++at - bytes);
        if (next < n && *at == '\n') return next + 1;
        if (next + 1 < n && at[0] == '\r' && at[1] == '\n') return next + 2;
    }
    return 0;
}

static bool is_http(const char *bytes, size_t n) {
    static const char start[] = "HTTP/1.";
    return memcmp(bytes, start, n < sizeof start - 1 ? n : sizeof start - 1) == 0;
}

static unsigned http_code(const char *line, size_t size) {
    unsigned code = 0;
    if (size < 12 || line[8] != ' ') return 0;
    for (int i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9') return 0;
        code = code * 10 + (unsigned)(line[i] - '0');
    }
    return code;
}

static void judge_http(struct proxy_talk *t, const char *line, size_t size) {
    unsigned code = http_code(line, size);
    int shown = (int)(size > 9 ? size - 9 : 0); /* what stands behind "HTTP/1.1 " */
    if (code >= 200 && code < 300)
        t->state = PROXY_OPEN;
    else if (code < 100)
        fail(t, PROXY_BROKEN, "its answer has no status");
    else
        fail(t, code == 504 ? PROXY_UNREACHABLE : PROXY_REFUSED, "%.*s", shown < 200 ? shown : 200,
             line + 9);
}

static size_t hear_http(struct proxy_talk *t, const char *bytes, size_t n) {
    size_t size = header_size(bytes, n);
    if (!is_http(bytes, n))
        fail(t, PROXY_BROKEN, "no HTTP answer");
    else if (size == 0 && n >= PROXY_ANSWER_MOST)
        fail(t, PROXY_BROKEN, "its HTTP answer is longer than %zu bytes", PROXY_ANSWER_MOST);
    if (t->state != PROXY_TALKING || size == 0) return 0;
    const char *end = memchr(bytes, '\n', size);
    size_t line = (size_t)(end - bytes);
    if (line > 0 && bytes[line - 1] == '\r') line--;
    unsigned code = http_code(bytes, line);
    if (code >= 100 && code < 200) return size; /* an interim response: the answer follows */
    judge_http(t, bytes, line);
    return size;
}

/* --- all of them --- */

void proxy_talk_start(struct proxy_talk *t, const struct proxy_url *url, const char *host,
                      uint16_t port) {
    *t = (struct proxy_talk){.url = url, .host = host, .port = port};
    switch (url->kind) {
    case PROXY_SOCKS4:
        begin_socks4(t);
        break;
    case PROXY_SOCKS5:
        begin_socks5(t);
        break;
    case PROXY_HTTP:
        begin_http(t);
        break;
    }
}

static size_t hear_one(struct proxy_talk *t, const char *bytes, size_t n) {
    switch (t->url->kind) {
    case PROXY_SOCKS4:
        return hear_socks4(t, bytes, n);
    case PROXY_SOCKS5:
        return hear_socks5(t, bytes, n);
    default:
        return hear_http(t, bytes, n);
    }
}

size_t proxy_talk_hear(struct proxy_talk *t, const char *bytes, size_t n) {
    size_t before = t->heard.size, used = 0, one;
    buf_put(&t->heard, bytes, n);
    do {
        one = t->state == PROXY_TALKING ? hear_one(t, buf_at(&t->heard), t->heard.size) : 0;
        buf_drop(&t->heard, one);
        used += one;
    } while (one > 0);
    if (t->state == PROXY_TALKING) return n;
    return used > before ? used - before : 0;
}

void proxy_talk_ended(struct proxy_talk *t) {
    if (t->state == PROXY_TALKING) fail(t, PROXY_BROKEN, "it closed the connection");
}

void proxy_talk_free(struct proxy_talk *t) {
    buf_free(&t->out);
    buf_free(&t->heard);
}
