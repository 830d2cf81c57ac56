/* service: a room at work: its members, its log, and who is told what. */
#ifndef SOCKKIT_CHAT_SERVICE_H
#define SOCKKIT_CHAT_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/chat/history.h"
#include "applets/chat/roster.h"
#include "applets/chat/transcript.h"
#include "common/base/fanout.h"
#include "common/io/display.h"
#include "common/serve/lines.h"

struct service_conf {
    uint64_t buffer; /* bytes of the log */
    int64_t history; /* lines for a newcomer */
    int64_t rate;    /* messages a second of each member; 0: no limit */
    const char *log; /* a file for the transcript; NULL: none */
};

struct service {
    struct loop *loop;
    const struct service_conf *conf;
    struct lines_server server;
    struct fanout log;
    /* No member is further back; brought up to date when the ring would overrun it. */
    uint64_t slowest;
    struct later turn; /* what was said in this turn is sent at its end */
    struct buf line;   /* the one being put together */
    struct history history;
    struct transcript transcript;
    struct display display;
    struct roster roster;
    bool closing; /* nobody is told any more who leaves */
    int failure;  /* enum status: why it stopped the loop; 0: it did not */
};

/* Opens the log and the transcript and shows the room on stdout unless -q is given. -1 after having
 * told why not. */
int service_start(struct service *s, struct loop *loop, const struct service_conf *conf);
/* Lets members in. The listeners stay the caller's. */
void service_open(struct service *s, struct listeners *listeners, const struct server_conf *server,
                  const struct common_conf *common);
/* Closes all connections; also when none was let in. */
void service_stop(struct service *s);

#endif
