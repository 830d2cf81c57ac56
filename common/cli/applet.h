/* applet: what an applet is (a constant in its own file), the options that applets share, and what
 * they mean. */
#ifndef SOCKKIT_CLI_APPLET_H
#define SOCKKIT_CLI_APPLET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/base/cidr.h"
#include "common/base/msg.h"
#include "common/cli/opt.h"
#include "common/loop/loop.h"
#include "common/net/name.h"
#include "common/net/sockopt.h"

struct call;

struct applet {
    const char *name;
    const char *summary;  /* one line, no full stop */
    const char *operands; /* "[HOST[:PORT]] [MESSAGE]..." */
    const struct opt_group *groups;
    size_t conf_size;              /* the configuration begins with a struct common_conf */
    const void *defaults;          /* NULL: zeroes */
    int (*run)(struct call *call); /* the exit status */
};

/* One run of an applet. */
struct call {
    const struct applet *applet;
    void *conf;
    char **operands;
    int count;
    int before; /* how many operands stood before "--" */
    struct loop *loop;
    int signal;   /* that asked us to end; 0: none */
    bool expired; /* --max-time */
};

/* True when the run must end whatever it is doing: the loop has been stopped. */
static inline bool call_over(const struct call *call) { return call->signal || call->expired; }

/* --- options of every applet --- */

struct common_conf {
    bool ipv4, ipv6, numeric, quiet, help, version;
    int verbose, trace;
    const char *port;                /* NULL: DEFAULT_PORT */
    const char *bind;                /* NULL: not given */
    const char *unix_path;           /* NULL: host and port */
    int64_t timeout, idle, max_time; /* ns; 0: not given */
    struct sockopt_list sockopts;
};

#define APPLET_DEFAULT_PORT 60000
#define APPLET_DIAL_LIMIT (INT64_C(10) * 1000000000)

extern const struct opt_row applet_common_rows[];
#define APPLET_COMMON_GROUP(conf) \
    { "Shared options", applet_common_rows, offsetof(conf, common) }

/* --- options of every server --- */

struct server_conf {
    struct access_list access;
    const char *port_file;
    int64_t ready_fd;     /* -1: none */
    int64_t max_clients;  /* 0: no limit */
    int64_t max_per_host; /* 0: no limit */
    bool no_sandbox;
};

#define SERVER_CONF_DEFAULTS \
    { .ready_fd = -1 }

extern const struct opt_row applet_server_rows[];  /* readiness, sandbox, access lists */
extern const struct opt_row applet_clients_rows[]; /* limits on connections */
#define APPLET_SERVER_GROUP(conf) \
    { "Server options", applet_server_rows, offsetof(conf, server) }
#define APPLET_CLIENTS_GROUP(conf) \
    { "Limits", applet_clients_rows, offsetof(conf, server) }

/* Parsers of option rows that several applets have. */
const char *applet_parse_access(void *field, const char *value); /* struct cidr_list */

/* --- what they mean. Each returns 0, or -1 after having told a usage error. --- */

/* Where to listen. */
int applet_listen_name(const struct call *call, int type, struct net_name *out);

/* Whom to reach, from HOST[:PORT] or HOST PORT among the operands. Uses up the operands that name
 * it: the others, messages, begin at call->operands[0] afterwards. *source is where from; its type
 * is 0 when -b was not given. */
int applet_target(struct call *call, int type, struct net_name *target, struct net_name *source);

/* A number or a service name; NULL, or what is wrong. */
const char *applet_port(const char *text, int type, bool numeric, uint16_t *port);

/* Servers that take no operand. */
int applet_no_operands(const struct call *call);

/* Parses argv (argv[0] is the applet's name), answers --help, --version and -O help, sets verbosity
 * and trace, and fills *call but for the loop. An unknown option that is among the hints gets its
 * own. Returns 0 to run, 1 when all is done, -1 for a usage error. */
int applet_parse(const struct applet *applet, const struct opt_hint *hints, int argc, char **argv,
                 struct call *call);

struct opt_command applet_command(const struct applet *applet);

#endif
