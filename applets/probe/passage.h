/* passage: the way of an attempt through a proxy: for whom, whether the proxy has been reached, and
 * what it means when the way ends there. */
#ifndef SOCKKIT_PROBE_PASSAGE_H
#define SOCKKIT_PROBE_PASSAGE_H

#include <stdbool.h>

#include "applets/probe/finding.h"
#include "common/net/tunnel.h"

struct passage {
    /* Called once the proxy has answered: `state` and `why` tell how. */
    void (*done)(struct passage *p);
    void *owner;
    /* private */
    const struct proxy_url *url;
    struct proxy_target to;
    struct tunnel tunnel;
};

/* The proxy of the URL, which must last, is to connect to `to`, whose host is copied. */
struct passage *passage_new(const struct proxy_url *url, const struct proxy_target *to);
/* Also NULL, also from within `done`. */
void passage_free(struct passage *p);

/* fd, which stays the caller's, is connected to the proxy. `done` may be called before this
 * returns. */
void passage_enter(struct passage *p, struct loop *loop, int fd);

/* True when the proxy has made the connection. */
bool passage_is_open(const struct passage *p);
/* What the proxy's refusal says of the port; why is owned by the finding. */
void passage_note_refusal(const struct passage *p, struct finding *f);
/* The same of a proxy that could not be reached, or did not answer, which says nothing of the
 * port. */
void passage_note_loss(const struct passage *p, int error, struct finding *f);

#endif
