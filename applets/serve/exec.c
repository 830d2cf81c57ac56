#include "applets/serve/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/net/sock.h"

static void child_ended(struct proc *p) {
    struct handover *h = container_of(p, struct handover, child);
    struct session *s = h->session;
    uint64_t received = 0, sent = 0;
    sock_counts(s->stream.fd, &received, &sent);
    fcntl(s->stream.fd, F_SETFL, fcntl(s->stream.fd, F_GETFL) | O_NONBLOCK);
    s->outcome = p->status;
    session_attach(s, received, sent);
    session_finish(s);
}

void handover_start(struct handover *h, struct session *s, struct proc_group *children,
                    const char *command) {
    struct addr local;
    struct cause cause;
    h->session = s;
    session_detach(s);
    if (sock_local(s->stream.fd, &local) < 0)
        cause_set(&cause, STATUS_FAILED, "cannot run '%s': %s", command, strerror(errno));
    else if (proc_spawn(children, &h->child, command, s->stream.fd, &local, &s->peer, child_ended,
                        &cause) == 0)
        return;
    msg_cause(&cause);
    session_close(s, STATUS_FAILED);
}
