/* target: what one word of the command line, or one line of a file, asks for: ports of a host, of a
 * range of addresses, or a Unix socket. */
#ifndef SOCKKIT_PROBE_TARGET_H
#define SOCKKIT_PROBE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/host.h"
#include "applets/probe/ports.h"
#include "applets/probe/question.h"
#include "applets/probe/range.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"

struct item;
struct target;

/* Ports that stand or fall together: a single one, or a range (of ports, of addresses, or both), of
 * which one must be open. */
struct goal {
    struct target *target;
    bool single;
    uint64_t size;     /* so many items */
    uint64_t excluded; /* of those, so far */
    /* For the run. */
    struct item *items, **items_end; /* by their `sibling`, where they are kept */
    uint64_t left;                   /* whose state is not known in this pass; at first all */
    uint64_t open;                   /* that were open in this pass */
    uint64_t counted, counted_open;  /* for the verdict */
    bool settled;                    /* --wait: it is as it shall be */
    void *owner;
    struct timer retry;
};

struct target {
    struct host *host; /* a name, or a socket path; NULL: addresses */
    struct host *via;  /* the proxy in between; NULL: none */
    struct range range;
    char *written; /* the only address, as it was written; NULL: there are several */
    const struct question *question;
    struct http_question *own; /* that question, where no other target has it; NULL */
    struct port_list ports;    /* of a Unix socket a single 0 */
    size_t users;              /* its items, and whoever makes them */
    struct goal *goals;        /* one for each of `ports`; owned */
};

/* What holds for all targets besides their own words. */
struct target_terms {
    int type;                  /* SOCK_STREAM, SOCK_DGRAM (-u): where a target does not say */
    int family;                /* AF_UNSPEC; AF_INET (-4), AF_INET6 (-6) */
    bool numeric;              /* -n */
    const char *ports;         /* -p; NULL: not given */
    struct port_list standard; /* what -p says, or the default port; owned */
    struct question stream, datagram;
    const struct net_name *proxy; /* --proxy; NULL: none */
    struct host_table *hosts;
};

/* Fills in terms->standard from -p, or `otherwise`. 0, or -1 with a cause (USAGE). */
int target_terms_ports(struct target_terms *terms, const char *otherwise, struct cause *cause);

/* Takes TARGET apart; `behind`: PORTS behind it, NULL: none. The target has one user; NULL with a
 * cause (USAGE). */
struct target *target_parse(const struct target_terms *terms, const char *word, const char *behind,
                            struct cause *cause);
/* The target of -U, or the loopback addresses for NULL. */
struct target *target_default(const struct target_terms *terms, const char *path);

/* True when `behind` is meant as the ports of the target before it: it looks like ports, or it is
 * the name of a service and the target has no ports of its own. */
bool target_takes_ports(const struct target_terms *terms, const char *word, const char *behind);

/* One user less; the last one's target is freed. */
void target_release(struct target *t, struct host_table *hosts);

#endif
