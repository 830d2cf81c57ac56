/* host: chat --listen. Two people and no server: the one who listens is a member, too. */
#ifndef SOCKKIT_CHAT_HOST_H
#define SOCKKIT_CHAT_HOST_H

#include "applets/chat/frontend.h"
#include "common/cli/applet.h"

struct host_conf {
    const char *name; /* of the one who listens; it has passed name_fault */
    const struct frontend_conf *front;
    const struct server_conf *server;
};

/* Listens as the call asks, waits for one guest and talks until either leaves. Returns the exit
 * status. */
int host_run(struct call *call, const struct host_conf *conf);

#endif
