/* options: the rows that several applets share, and where they are stored. What they mean is said
 * by those who take the values: where.h for endpoints, common/serve/responder.h for servers. */
#ifndef SOCKKIT_CLI_OPTIONS_H
#define SOCKKIT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/cidr.h"
#include "common/cli/opt.h"
#include "common/cli/user.h"
#include "common/net/name.h"
#include "common/net/proxy.h"
#include "common/net/sockopt.h"

/* --- every applet: the first member of its configuration --- */

/* -b; a server listens at each of them. */
struct bind_list {
    const char *items[NET_NAMES_MOST];
    size_t count;
};

struct common_conf {
    bool ipv4, ipv6, numeric, timestamps, step, quiet, help, version;
    int verbose, trace;
    const char *lang; /* lang.h knows it already */
    const char *port; /* NULL: OPTIONS_PORT */
    struct bind_list binds;
    const char *unix_path;           /* NULL: host and port */
    int64_t timeout, idle, max_time; /* ns; 0: not given */
    uint64_t read_size;              /* bytes; 0: not given */
    struct sockopt_list sockopts;
};

#define OPTIONS_PORT 60000
#define OPTIONS_DIAL_LIMIT (INT64_C(10) * 1000000000) /* ns */

extern const struct opt_row options_address[], options_time[], options_socket[],
    options_narration[], options_about[];
#define OPTIONS_SHARED(conf)                                        \
    {"Addresses", options_address, offsetof(conf, common)},         \
        {"Times", options_time, offsetof(conf, common)},            \
        {"Sockets", options_socket, offsetof(conf, common)},        \
        {"Narration", options_narration, offsetof(conf, common)}, { \
        "About", options_about, offsetof(conf, common)              \
    }

/* --- every server --- */

struct server_conf {
    struct access_list access;
    const char *port_file;
    int64_t ready_fd;     /* -1: none */
    int64_t max_clients;  /* 0: no limit */
    int64_t max_per_host; /* 0: no limit */
    int64_t count;        /* clients in all; 0: no limit */
    int64_t exit_idle;    /* ns; 0: no limit */
    int64_t backlog;      /* of listen(2); -1: NET_NAME_BACKLOG */
    bool accept_proxy;
    struct access_list proxy_from;
    int unix_mode; /* permissions of the path; -1: as umask(2) says */
    bool no_sandbox;
    struct user user;
    int connection; /* handed over as stdin (--inetd), taken out of there; 0: none */
};

#define SERVER_CONF_DEFAULTS \
    { .ready_fd = -1, .unix_mode = -1, .backlog = -1 }

extern const struct opt_row options_access[], options_readiness[], options_privileges[];
#define OPTIONS_SERVER(conf)                                        \
    {"Limits", options_access, offsetof(conf, server)},             \
        {"Readiness", options_readiness, offsetof(conf, server)}, { \
        "Privileges", options_privileges, offsetof(conf, server)    \
    }

/* Of those whose clients connect. */
extern const struct opt_row options_clients[], options_accept_proxy[], options_inetd[];
#define OPTIONS_CLIENTS(conf)                                  \
    {"Proxies", options_accept_proxy, offsetof(conf, server)}, \
        {"Limits", options_clients, offsetof(conf, server)}, { \
        "Addresses", options_inetd, offsetof(conf, server)     \
    }

/* --- what is shown: an applet has the groups that it names --- */

struct output_conf {
    const char *copy, *dump; /* -o, -x; NULL: none */
    bool raw, label, progress;
};

extern const struct opt_row options_copies[];   /* -o, -x */
extern const struct opt_row options_raw[];      /* --raw */
extern const struct opt_row options_label[];    /* --label */
extern const struct opt_row options_progress[]; /* --progress */
#define OPTIONS_OUTPUT(which, conf, member) \
    { "Output", options_##which, offsetof(conf, member) }

/* --- applets whose connections may be kept to a pace --- */

struct pace_conf {
    uint64_t rate; /* bytes a second of a connection, either way; 0: no limit */
};

extern const struct opt_row options_pace[]; /* --limit-rate */
#define OPTIONS_PACE(title, conf) \
    { title, options_pace, offsetof(conf, pace) }

/* --- applets that take texts to be sent, or looked for (texts.h) --- */

struct texts_conf {
    bool escapes;
};

extern const struct opt_row options_texts[]; /* --escapes */
#define OPTIONS_TEXTS(title, conf, member) \
    { title, options_texts, offsetof(conf, member) }

/* --- applets that connect: through a proxy, or as one --- */

struct proxy_conf {
    struct proxy_url url; /* host NULL: not given */
    int64_t header;       /* version of the PROXY protocol header to send; 0: none */
};

extern const struct opt_row options_proxy[];      /* --proxy */
extern const struct opt_row options_send_proxy[]; /* --send-proxy */
#define OPTIONS_PROXY(which, conf) \
    { "Proxies", options_##which, offsetof(conf, proxy) }

/* --- servers that answer --- */

struct answering_conf {
    bool udp;
    int64_t workers; /* 0, 1: no other process */
};

extern const struct opt_row options_answering[];
#define OPTIONS_ANSWERING(conf) \
    { "Serving", options_answering, offsetof(conf, answering) }

#endif
