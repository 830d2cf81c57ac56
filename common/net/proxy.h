/* proxy: what is said to a proxy until it has made a connection for us: SOCKS4 and 4A, SOCKS5 (RFC
 * 1928) with user and password (RFC 1929), HTTP CONNECT (RFC 9110 section 9.3.6) with Basic
 * authentication (RFC 7617). Pure: bytes of the proxy in, bytes for it out. */
#ifndef SOCKKIT_NET_PROXY_H
#define SOCKKIT_NET_PROXY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum proxy_kind { PROXY_SOCKS4, PROXY_SOCKS5, PROXY_HTTP };

/* socks5://[USER:PASS@]HOST[:1080], socks4://[USER@]HOST[:1080], http://[USER:PASS@]HOST[:3128].
 * The strings are owned (proxy_url_free). */
struct proxy_url {
    enum proxy_kind kind;
    char *host;
    uint16_t port;
    char *user, *password; /* %XX decoded; NULL where not given */
};

/* Returns NULL, or what is wrong, in words that show no password; then nothing is owned. */
const char *proxy_url_parse(const char *text, struct proxy_url *out);
void proxy_url_free(struct proxy_url *url);

/* "socks5://127.0.0.1:1080", without user and password. Returns out. */
#define PROXY_TEXT 300
const char *proxy_url_text(const struct proxy_url *url, char out[PROXY_TEXT]);

enum proxy_state {
    PROXY_TALKING,
    PROXY_OPEN,        /* the connection is made: the next byte is its own */
    PROXY_REFUSED,     /* the proxy said no, or the host that it tried did: `why` in its words */
    PROXY_UNREACHABLE, /* the proxy could not reach the host, or cannot be asked for it */
    PROXY_BROKEN,      /* that was no answer of such a proxy */
};

/* Whom the proxy is to connect to. */
struct proxy_target {
    const char *host;
    uint16_t port;
};

#define PROXY_ANSWER_MOST ((size_t)16384) /* bytes of an HTTP answer, up to its empty line */

struct proxy_talk {
    enum proxy_state state;
    char why[256];  /* once it failed: a few words */
    struct buf out; /* to be sent to the proxy; the caller drops what it sent */
    /* private */
    const struct proxy_url *url;
    const char *host;
    uint16_t port;
    struct buf heard; /* the beginning of an answer */

    enum { PROXY_METHOD, PROXY_AUTHENTICATION, PROXY_CONNECT } step;
};

/* Begins: the first request is in `out`, unless this host cannot be asked of this proxy (then the
 * state says so). A host that is a numeric address goes as an address, any other as a name, which
 * the proxy looks up. url and host are the caller's and must last; freed by proxy_talk_free. */
void proxy_talk_start(struct proxy_talk *t, const struct proxy_url *url, const char *host,
                      uint16_t port);

/* n bytes have come. Returns how many of them belong to the talk: all of them as long as the state
 * is PROXY_TALKING, fewer where the connection's own bytes follow in the same read; so who peeks
 * (MSG_PEEK, recv(2)) leaves those in the socket. At most PROXY_ANSWER_MOST bytes and one read are
 * kept. */
size_t proxy_talk_hear(struct proxy_talk *t, const char *bytes, size_t n);

/* The proxy has ended its side: PROXY_BROKEN, unless the state was decided already. */
void proxy_talk_ended(struct proxy_talk *t);

void proxy_talk_free(struct proxy_talk *t);

#endif
