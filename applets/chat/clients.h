/* clients: the members of a room who come over the network, with a program that talks in lines. */
#ifndef SOCKKIT_CHAT_CLIENTS_H
#define SOCKKIT_CHAT_CLIENTS_H

#include "applets/chat/service.h"
#include "common/serve/responder.h"

struct clients {
    struct responder responder;
    struct service *service; /* the caller's */
    int64_t rate;            /* messages a second of each; faster ones wait; 0: no limit */
};

/* For the responder's ops: what makes members of whoever connects. */
extern const struct lines_ops clients_lines;

#endif
