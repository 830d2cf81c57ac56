#include "applets/probe/passage.h"

#include <stdlib.h>

#include "common/base/lang.h"
#include "common/base/mem.h"

static void tunnel_over(struct tunnel *t) {
    struct passage *p = container_of(t, struct passage, tunnel);
    p->done(p);
}

struct passage *passage_new(const struct proxy_url *url, const struct proxy_target *to) {
    struct passage *p = mem_new(sizeof *p);
    p->url = url;
    p->to = (struct proxy_target){mem_copy(to->host), to->port};
    p->tunnel.done = tunnel_over;
    return p;
}

void passage_free(struct passage *p) {
    if (!p) return;
    tunnel_stop(&p->tunnel);
    free((char *)(uintptr_t)p->to.host);
    free(p);
}

void passage_enter(struct passage *p, struct loop *loop, int fd) {
    tunnel_start(&p->tunnel, loop, fd, p->url, &p->to);
}

bool passage_is_open(const struct passage *p) { return p->tunnel.talk.state == PROXY_OPEN; }

/* A proxy that breaks off is as good as gone. */
static enum port_state state_of(enum proxy_state s) {
    return s == PROXY_REFUSED       ? PORT_CLOSED
           : s == PROXY_UNREACHABLE ? PORT_UNREACHABLE
                                    : PORT_NO_ANSWER;
}

void passage_note_refusal(const struct passage *p, struct finding *f) {
    const struct proxy_talk *talk = &p->tunnel.talk;
    f->state = state_of(talk->state);
    f->why = mem_format(
        "%s%s", talk->state == PROXY_BROKEN ? tr("the proxy's answer is broken: ") : "", talk->why);
}

void passage_note_loss(const struct passage *p, int error, struct finding *f) {
    char url[PROXY_TEXT];
    f->state = PORT_NO_ANSWER;
    f->why = mem_format(tr("the proxy %s: %s"), proxy_url_text(p->url, url), lang_error(error));
}
