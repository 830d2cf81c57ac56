/* targets: what HOST[:PORT] [PORTS]... on a command line asks to be probed. */
#ifndef SOCKKIT_PROBE_TARGETS_H
#define SOCKKIT_PROBE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/scan.h"
#include "applets/probe/stats.h"
#include "common/cli/applet.h"
#include "common/loop/loop.h"
#include "common/net/name.h"

/* Ports of a host that stand or fall together: one, or a range. */
struct target {
    struct scan_item *items; /* each one's owner is the target */
    size_t count;
    bool single; /* not a range */
    /* the caller's, zero at first */
    size_t left;
    struct timer retry;
    struct tally *tallies; /* of each item; freed with the target */
    void *owner;
};

struct targets {
    struct target *items;     /* in the order asked */
    size_t count, total;      /* total: of the ports of them all */
    struct scan_host **hosts; /* each once */
    size_t host_count;
    int width; /* of the longest name of an item */
};

/* From the operands of the call before "--", its -U and `ports` (-p; NULL: not given); *source as
 * where_source has it. Returns 0, or -1 after having told a usage error. Either way it is freed by
 * targets_free. */
int targets_parse(const struct call *call, int type, const char *ports, struct targets *out,
                  struct net_name *source);
void targets_free(struct targets *targets);

/* Whether one of its ports was open when last seen. */
bool target_open(const struct target *t);

#endif
