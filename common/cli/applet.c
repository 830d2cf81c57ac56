#include "common/cli/applet.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/vis.h"
#include "common/net/name.h"
#include "common/net/sock.h"

static const char *parse_port(void *field, const char *value) {
    uint16_t port;
    const char *digits = value + (*value == '-' || *value == '+');
    if (*digits >= '0' && *digits <= '9' && !addr_port_number(value, &port))
        return strspn(digits, "0123456789") == strlen(digits) ? "out of range (0 to 65535)"
                                                              : "not a port number";
    *(const char **)field = value;
    return NULL;
}

static const char *parse_unix(void *field, const char *value) {
    struct addr a;
    if (addr_unix(value, &a) < 0) return "too long for a socket path";
    *(const char **)field = value;
    return NULL;
}

const char *applet_parse_access(void *field, const char *value) {
    return cidr_list_add(field, value);
}

const struct opt_row applet_common_rows[] = {
    OPT("ipv4", '4', OPT_FLAG, common_conf, ipv4, .help = "only IPv4", .excludes = "ipv6"),
    OPT("ipv6", '6', OPT_FLAG, common_conf, ipv6, .help = "only IPv6"),
    OPT("port", 'p', OPT_CUSTOM, common_conf, port, .metavar = "PORT", .parse = parse_port,
        .values = "@service",
        .help = "port number or service name (default 60000; servers: 0 = any free one)"),
    OPT("bind", 'b', OPT_STRING, common_conf, bind, .metavar = "ADDR[:PORT]", .values = "@host",
        .help = "servers: address to listen on ('*': all); clients: source address"),
    OPT("unix", 'U', OPT_CUSTOM, common_conf, unix_path, .metavar = "PATH", .parse = parse_unix,
        .values = "@file", .excludes = "ipv4 ipv6 port bind",
        .help = "a Unix-domain socket instead of host and port"),
    OPT("numeric", 'n', OPT_FLAG, common_conf, numeric, .help = "no DNS or service-name look-up"),
    OPT("timeout", 'w', OPT_TIME, common_conf, timeout, .metavar = "TIME", .min = 1,
        .max = INT64_MAX,
        .help =
            "clients: limit on resolving and connecting (10s); servers: on the wait for a first client"),
    OPT("idle", 'i', OPT_TIME, common_conf, idle, .metavar = "TIME", .min = 1, .max = INT64_MAX,
        .help = "end a connection after TIME without a byte either way"),
    OPT("max-time", 0, OPT_TIME, common_conf, max_time, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "end the whole run after TIME (status 5)"),
    OPT("sockopt", 'O', OPT_CUSTOM, common_conf, sockopts, .metavar = "NAME=VALUE",
        .parse = sockopt_parse, .values = "@sockopt",
        .help = "set a socket option; repeatable (-O help lists them)"),
    OPT("quiet", 'q', OPT_FLAG, common_conf, quiet, .help = "errors only", .excludes = "verbose"),
    OPT("verbose", 'v', OPT_COUNT, common_conf, verbose, .help = "more narration; repeatable"),
    OPT("trace", 'T', OPT_COUNT, common_conf, trace,
        .help = "narrate every socket call (-TT: options and names too)"),
    OPT("help", 'h', OPT_FLAG, common_conf, help, .help = "show this help"),
    OPT("version", 'V', OPT_FLAG, common_conf, version, .help = "show the version"),
    OPT_END,
};

const struct opt_row applet_server_rows[] = {
    OPT("port-file", 0, OPT_STRING, server_conf, port_file, .metavar = "FILE", .values = "@file",
        .help = "write the port there when ready; removed at exit"),
    OPT("ready-fd", 0, OPT_INTEGER, server_conf, ready_fd, .metavar = "FD", .min = 1,
        .max = 1048576, .help = "write a newline to descriptor FD when ready, then close it"),
    OPT("allow", 0, OPT_CUSTOM, server_conf, access.allow, .metavar = "CIDR[,CIDR]",
        .parse = applet_parse_access, .excludes = "unix",
        .help = "serve only these addresses; repeatable"),
    OPT("deny", 0, OPT_CUSTOM, server_conf, access.deny, .metavar = "CIDR[,CIDR]",
        .parse = applet_parse_access, .excludes = "unix",
        .help = "never serve these addresses; repeatable"),
    OPT("no-sandbox", 0, OPT_FLAG, server_conf, no_sandbox,
        .help = "keep the privileges given up once listening"),
    OPT_END,
};

const struct opt_row applet_clients_rows[] = {
    OPT("max-clients", 'm', OPT_INTEGER, server_conf, max_clients, .metavar = "N", .min = 1,
        .max = 1000000, .help = "serve at most N clients at once; others wait"),
    OPT("max-per-host", 0, OPT_INTEGER, server_conf, max_per_host, .metavar = "N", .min = 1,
        .max = 1000000, .excludes = "unix",
        .help = "serve at most N clients of one address at once"),
    OPT_END,
};

/* --- endpoints --- */

static int family_of(const struct common_conf *c) {
    return c->ipv4 ? AF_INET : c->ipv6 ? AF_INET6 : AF_UNSPEC;
}

const char *applet_port(const char *text, int type, bool numeric, uint16_t *port) {
    if (addr_port_number(text, port)) return NULL;
    if (*text && strspn(text, "0123456789") == strlen(text)) return "out of range (0 to 65535)";
    if (numeric) return "not a port number (-n forbids the look-up of names)";
    const struct servent *service = getservbyname(text, type == SOCK_DGRAM ? "udp" : "tcp");
    if (!service) return "unknown service name";
    /* ntohs without its sign warning */
    *port = (uint16_t)((service->s_port & 0xff) << 8 | (service->s_port >> 8 & 0xff));
    return NULL;
}

static int port_into(const char *text, const char *where, const struct net_name *name,
                     uint16_t *port) {
    char shown[256];
    const char *why = applet_port(text, name->type, name->numeric, port);
    if (!why) return 0;
    msg_error("%s: %s: %s", where, vis_quote(text, strlen(text), 48, shown), why);
    return -1;
}

/* The port: of -p, else of the endpoint, else the default; the two must not disagree. */
static int choose_port(const struct common_conf *c, const char *written, const char *where,
                       struct net_name *name) {
    uint16_t by_option = APPLET_DEFAULT_PORT, by_endpoint = 0;
    if (c->port && port_into(c->port, "--port", name, &by_option) < 0) return -1;
    if (written && port_into(written, where, name, &by_endpoint) < 0) return -1;
    if (c->port && written && by_option != by_endpoint) {
        msg_error("--port %s and :%s disagree", c->port, written);
        return -1;
    }
    name->port = written ? by_endpoint : by_option;
    return 0;
}

static int parse_endpoint(const char *text, const char *where, struct endpoint *e) {
    char shown[256];
    const char *why = endpoint_parse(text, e);
    if (why) {
        msg_error("%s%s%s: %s", where, *where ? ": " : "", vis_quote(text, strlen(text), 48, shown),
                  why);
        return -1;
    }
    mem_keep(e->host);
    mem_keep(e->port);
    mem_keep(e->path);
    return 0;
}

/* A literal of one family with the option for the other can never work. */
static int check_family(const struct net_name *name) {
    struct addr a;
    if (name->family == AF_UNSPEC || !name->host || !addr_numeric(name->host, 0, &a) ||
        addr_family(&a) == name->family)
        return 0;
    msg_error("%s is an %s address, which -%c forbids", name->host,
              addr_family(&a) == AF_INET ? "IPv4" : "IPv6", name->family == AF_INET ? '4' : '6');
    return -1;
}

static struct net_name base_name(const struct common_conf *c, int type) {
    return (struct net_name){
        .family = family_of(c), .type = type, .numeric = c->numeric, .path = c->unix_path};
}

static bool all_digits(const char *text) {
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* Strings of an endpoint live as long as the program: they come from its command line. */
static int bind_name(const struct common_conf *c, struct net_name *name, char **port) {
    struct endpoint e = {0};
    *port = NULL;
    if (!c->bind) return 0;
    if (parse_endpoint(c->bind, "--bind", &e) < 0) return -1;
    if (e.path) {
        msg_error("--bind: an address is wanted (use -U %s)", e.path);
        return -1;
    }
    if (e.host && all_digits(e.host)) {
        msg_error("--bind: \"%s\": no address (a port alone is written :%s)", e.host, e.host);
        return -1;
    }
    name->host = e.host;
    *port = e.port;
    return check_family(name);
}

int applet_listen_name(const struct call *call, int type, struct net_name *out) {
    const struct common_conf *c = call->conf;
    char *port;
    *out = base_name(c, type);
    if (out->path) return 0;
    if (bind_name(c, out, &port) < 0) return -1;
    return choose_port(c, port, "--bind", out);
}

static int source_name(const struct common_conf *c, int type, struct net_name *source) {
    char *port;
    *source = base_name(c, c->bind ? type : 0);
    source->path = NULL;
    if (bind_name(c, source, &port) < 0) return -1;
    if (c->bind && !source->host) source->host = "*";
    return port ? port_into(port, "--bind", source, &source->port) : 0;
}

static void use_operands(struct call *call, int n) {
    call->operands += n;
    call->count -= n;
    call->before = call->before > n ? call->before - n : 0;
}

/* HOST, HOST:PORT, HOST PORT. */
static int take_operands(struct call *call, struct net_name *target) {
    const struct common_conf *c = call->conf;
    struct endpoint e = {0};
    const char *port;
    if (call->count == 0) return choose_port(c, NULL, "", target);
    if (parse_endpoint(call->operands[0], "", &e) < 0) return -1;
    target->host = e.host;
    target->path = e.path;
    port = e.port;
    if (e.host && all_digits(e.host)) {
        msg_error("'%s' is no host (use -p %s)", e.host, e.host);
        return -1;
    }
    use_operands(call, 1);
    if (e.path) {
        if (!c->port && !c->bind && !c->ipv4 && !c->ipv6) return 0;
        msg_error("unix:%s excludes -4, -6, --port and --bind", e.path);
        return -1;
    }
    if (call->before > 0 && !port && !c->port && all_digits(call->operands[0])) {
        port = call->operands[0];
        use_operands(call, 1);
    }
    return choose_port(c, port, "port", target) < 0 ? -1 : check_family(target);
}

int applet_target(struct call *call, int type, struct net_name *target, struct net_name *source) {
    const struct common_conf *c = call->conf;
    struct addr a;
    *target = base_name(c, type);
    if (source_name(c, type, source) < 0) return -1;
    if (target->path) return 0;
    if (take_operands(call, target) < 0) return -1;
    if (target->path && addr_unix(target->path, &a) < 0) {
        msg_error("%s: too long for a socket path", target->path);
        return -1;
    }
    if (!target->path && target->port == 0) {
        msg_error("%s 0 is for servers: it lets the system choose", c->port ? "--port" : "port");
        return -1;
    }
    return 0;
}

int applet_no_operands(const struct call *call) {
    char shown[256];
    if (call->count == 0) return 0;
    msg_error("unexpected operand %s (see sockkit %s --help)",
              vis_quote(call->operands[0], strlen(call->operands[0]), 48, shown),
              call->applet->name);
    return -1;
}

/* --- the command line --- */

struct opt_command applet_command(const struct applet *applet) {
    return (struct opt_command){.name = applet->name, .groups = applet->groups};
}

static void help(const struct applet *applet) {
    struct opt_command command = applet_command(applet);
    printf("Usage: sockkit %s [OPTION]...%s%s\n%s.\n", applet->name, *applet->operands ? " " : "",
           applet->operands, applet->summary);
    opt_help(&command);
    printf("\nTimes: 500ms 2 1.5s 2m 1h. Sizes: 4096 64K 1M. More: man sockkit-%s\n", applet->name);
}

static int answered(const struct applet *applet, const struct common_conf *c) {
    if (c->help)
        help(applet);
    else if (c->version)
        printf("sockkit %s\n", SOCKKIT_VERSION);
    else if (c->sockopts.help)
        sockopt_help();
    else
        return 0;
    return 1;
}

int applet_parse(const struct applet *applet, const struct opt_hint *hints, int argc, char **argv,
                 struct call *call) {
    struct opt_command command = applet_command(applet);
    command.hints = hints;
    *call = (struct call){.applet = applet, .conf = mem_keep(mem_new(applet->conf_size))};
    if (applet->defaults) memcpy(call->conf, applet->defaults, applet->conf_size);
    msg_applet(applet->name);
    call->count = opt_parse(&command, call->conf, argc, argv, &call->before);
    call->operands = argv + 1;
    if (call->count < 0) return -1;
    const struct common_conf *c = call->conf;
    msg_verbosity(c->quiet ? -1 : c->verbose);
    sock_trace(c->trace);
    return answered(applet, c);
}
