/* Whatever a proxy answers, whole or cut at any place, the same comes out of it; a PROXY header is
 * read in full or not at all, and what was read can be written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/proxy.h"
#include "common/net/proxyproto.h"

static const char *const urls[] = {"socks4://p", "socks5://u:p@p", "http://u:p@p"};

/* Hands the answer over in reads of `step` bytes; returns how many were taken. */
static size_t talk_to(struct proxy_talk *t, const struct proxy_url *url, const char *bytes,
                      size_t n, size_t step) {
    size_t at = 0;
    proxy_talk_start(t, url, "host", 80);
    while (at < n && t->state == PROXY_TALKING) {
        size_t here = n - at < step ? n - at : step, taken = proxy_talk_hear(t, bytes + at, here);
        if (taken > here || (t->state == PROXY_TALKING && taken != here)) abort();
        at += taken;
    }
    return at;
}

static void answers(const char *bytes, size_t n, size_t step) {
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct proxy_url url;
        struct proxy_talk whole, pieces;
        if (proxy_url_parse(urls[i], &url)) abort();
        size_t a = talk_to(&whole, &url, bytes, n, n), b = talk_to(&pieces, &url, bytes, n, step);
        if (whole.state != pieces.state || (whole.state == PROXY_OPEN && a != b)) abort();
        proxy_talk_free(&whole);
        proxy_talk_free(&pieces);
        proxy_url_free(&url);
    }
}

static void header(const char *bytes, size_t n) {
    struct proxyproto read, again;
    struct buf out = {0};
    const char *why;
    int taken = proxyproto_read(bytes, n, &read, &why);
    if (taken > PROXYPROTO_MOST || taken > (int)n || (taken < 0) != (why != NULL)) abort();
    if (taken == 0 && n >= PROXYPROTO_MOST) abort();
    if (taken <= 0 || !read.named || addr_family(&read.source) == AF_UNIX) return;
    for (int version = 1; version <= 2; version++) {
        proxyproto_put(&out, version, &read.source, &read.destination);
        if (proxyproto_read(buf_at(&out), out.size, &again, &why) != (int)out.size) abort();
        if (!addr_equal(&read.source, &again.source)) abort();
        if (!addr_equal(&read.destination, &again.destination)) abort();
        buf_clear(&out);
    }
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    char *bytes = malloc(size);
    if (!bytes) abort();
    memcpy(bytes, data + 1, size - 1);
    answers(bytes, size - 1, 1 + data[0] % 16);
    header(bytes, size - 1);
    free(bytes);
    return 0;
}
