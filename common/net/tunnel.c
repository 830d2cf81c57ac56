#include "common/net/tunnel.h"

#include <errno.h>
#include <stdio.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/sock.h"

#define PEEK ((size_t)4096)

static void finish(struct tunnel *t) {
    watch_stop(&t->watch);
    t->done(t);
}

static void broken(struct tunnel *t, int error) {
    t->talk.state = PROXY_BROKEN;
    snprintf(t->talk.why, sizeof t->talk.why, "%s", lang_error(error));
}

/* What is to be said, as far as the socket takes it. False: nothing. */
static bool say(struct tunnel *t) {
    struct buf *out = &t->talk.out;
    size_t before = out->size;
    ssize_t n = 0;
    while (out->size > 0 && n >= 0) {
        n = t->talk.url->password ? sock_send_secret(t->watch.fd, buf_at(out), out->size)
                                  : sock_send(t->watch.fd, buf_at(out), out->size);
        if (n > 0) buf_drop(out, (size_t)n);
    }
    if (n < 0 && !loop_not_yet(errno)) broken(t, errno);
    return out->size < before;
}

/* The bytes behind the proxy's last answer belong to the connection: they stay in the socket.
 * False: there is nothing. */
static bool hear(struct tunnel *t) {
    char bytes[PEEK];
    ssize_t n = sock_peek(t->watch.fd, bytes, sizeof bytes);
    if (n < 0 && loop_not_yet(errno)) return false;
    if (n < 0)
        broken(t, errno);
    else if (n == 0)
        proxy_talk_ended(&t->talk);
    size_t taken = n > 0 ? proxy_talk_hear(&t->talk, bytes, (size_t)n) : 0;
    if (taken > 0 && sock_skip(t->watch.fd, taken) < 0) broken(t, errno);
    return true;
}

static void ready(struct watch *w, unsigned events) {
    struct tunnel *t = container_of(w, struct tunnel, watch);
    bool moved = events & (LOOP_READ | LOOP_HANGUP) && hear(t);
    if (t->talk.state == PROXY_TALKING && say(t)) moved = true;
    if (!moved) watch_stalled(w);
    if (t->talk.state == PROXY_TALKING)
        watch_want(w, t->talk.out.size > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    else
        finish(t);
}

void tunnel_start(struct tunnel *t, struct loop *loop, int fd, const struct proxy_url *url,
                  const struct proxy_target *to) {
    proxy_talk_start(&t->talk, url, to->host, to->port);
    if (t->talk.state == PROXY_TALKING)
        watch_start(loop, &t->watch, fd, LOOP_READ | LOOP_WRITE, ready);
    else
        t->done(t);
}

void tunnel_stop(struct tunnel *t) {
    watch_stop(&t->watch);
    proxy_talk_free(&t->talk);
}
