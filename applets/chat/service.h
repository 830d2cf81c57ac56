/* service: a room at work: its members, its log, and who is told what. */
#ifndef SOCKKIT_CHAT_SERVICE_H
#define SOCKKIT_CHAT_SERVICE_H

#include <stdint.h>

#include "common/cli/applet.h"

struct service_conf {
    uint64_t buffer; /* bytes of the log */
    int64_t history; /* lines for a newcomer */
    int64_t rate;    /* messages a second of each member; 0: no limit */
    const char *log; /* a file for the transcript; NULL: none */
};

/* Serves the room until the call is over, shows it on stdout unless -q is given, and returns the
 * exit status, having told why. */
int service_run(struct call *call, const struct server_conf *server,
                const struct service_conf *conf);

#endif
