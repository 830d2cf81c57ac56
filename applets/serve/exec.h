/* handover: a session whose connection is a command's (-e): it leaves the loop, and comes back when
 * the command has ended, to be finished. */
#ifndef SOCKKIT_SERVE_EXEC_H
#define SOCKKIT_SERVE_EXEC_H

#include "common/io/proc.h"
#include "common/serve/server.h"

struct handover {
    struct proc child;
    struct session *session;
};

/* Runs the command with the session's connection; its exit status becomes the session's outcome. A
 * command that cannot be run closes the session, and that is told. */
void handover_start(struct handover *h, struct session *s, struct proc_group *children,
                    const char *command);

#endif
