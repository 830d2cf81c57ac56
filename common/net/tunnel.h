/* tunnel: a connected socket becomes a connection made by the proxy at its other end (proxy.h). It
 * waits in the loop. */
#ifndef SOCKKIT_NET_TUNNEL_H
#define SOCKKIT_NET_TUNNEL_H

#include "common/loop/loop.h"
#include "common/net/proxy.h"

struct tunnel {
    /* talk.state is PROXY_OPEN, and the next byte on the socket is the connection's own; else
     * talk.why says what went wrong. */
    void (*done)(struct tunnel *t);
    struct proxy_talk talk;
    /* private */
    struct watch watch;
};

/* Begins: the proxy of the URL is at the other end of fd, and is to connect to this host and port
 * (proxy.h). t->done, set before, is called once, and may be called before this returns. The
 * descriptor stays the caller's; url and host too, and must last. A limit is the caller's. */
void tunnel_start(struct tunnel *t, struct loop *loop, int fd, const struct proxy_url *url,
                  const struct proxy_target *to);
/* Leaves the loop; `done` is not called. Also when it is over, or never began ({0}). */
void tunnel_stop(struct tunnel *t);

#endif
