/* sysop: whoever sits at chat-serve itself. stdout shows the room, unless -q is given; lines of
 * stdin are those of the room's host, a member like the others. Where stdin is /dev/null or was
 * closed there is no host. */
#ifndef SOCKKIT_CHAT_SYSOP_H
#define SOCKKIT_CHAT_SYSOP_H

#include "applets/chat/frontend.h"
#include "applets/chat/service.h"

struct sysop {
    struct member member;
    struct frontend front;
    struct frontend_conf conf;
    void (*failed)(struct sysop *o); /* the owner's: stdout cannot be written, which was told */
};

/* Shows the room from now on; stdin, when there is one, is read as the lines of a host called
 * `name`, which has passed name_fault. */
void sysop_start(struct sysop *o, struct service *service, const char *name);
/* The members have left. Returns the exit status. Also when it was never started ({0}). */
int sysop_stop(struct sysop *o, const struct call *call);

#endif
