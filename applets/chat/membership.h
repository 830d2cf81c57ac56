/* membership: being a member of a room over the network: what chat is without --listen. */
#ifndef SOCKKIT_CHAT_MEMBERSHIP_H
#define SOCKKIT_CHAT_MEMBERSHIP_H

#include <stdint.h>

#include "applets/chat/frontend.h"
#include "common/cli/applet.h"
#include "common/cli/texts.h"

struct membership_conf {
    const char *name; /* to be called, has passed name_fault; NULL: as the room likes */
    const struct frontend_conf *front;
    const struct text *messages; /* said instead of the lines of stdin, then it leaves */
    int message_count;           /* 0: those of stdin */
    int64_t idle;                /* ns without a byte either way, then it gives up; 0: for ever */
};

/* Talks in the room at the other end of the connection `fd`, which stays the caller's, until one of
 * them ends, or the call is over. `peer` is what errors call the room. Returns the exit
 * status, having told why. */
int membership_run(struct call *call, int fd, const char *peer, const struct membership_conf *conf);

#endif
