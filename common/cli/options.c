#include "common/cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/addr.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/pace.h"
#include "common/base/text.h"
#include "common/cli/inherit.h"
#include "common/net/sock.h"

static const char *parse_port(void *field, const char *value) {
    uint16_t port;
    const char *digits = value + (*value == '-' || *value == '+');
    if (*digits >= '0' && *digits <= '9' && !addr_port_number(value, &port))
        return text_is_digits(digits) ? "out of range (0 to 65535)" : "not a port number";
    *(const char **)field = value;
    return NULL;
}

static const char *parse_lang(void *field, const char *value) {
    *(const char **)field = value;
    return lang_ask(value) ? NULL : "not a language (en or fr)";
}

static const char *parse_unix(void *field, const char *value) {
    struct addr a;
    if (addr_unix(value, &a) < 0)
        return value[1] ? "too long for a socket path" : "the name is missing behind '@'";
    *(const char **)field = value;
    return NULL;
}

static const char *parse_mode(void *field, const char *value) {
    size_t digits = strspn(value, "01234567");
    long mode = strtol(value, NULL, 8);
    if (digits == 0 || value[digits] || mode > 0777) return "no permissions (such as 600 or 0660)";
    *(int *)field = (int)mode;
    return NULL;
}

static const char *parse_bind(void *field, const char *value) {
    struct bind_list *list = field;
    if (list->count == NET_NAMES_MOST) return "that is one address too many (at most 16)";
    list->items[list->count++] = value;
    return NULL;
}

static const char *parse_access(void *field, const char *value) {
    return cidr_list_add(field, value);
}

/* Nobody shall see a password, not in an error and not in ps(1). The arguments of a program are its
 * own to change (C17 5.1.2.2.1). */
static void hide_password(char *url) {
    char *start = strstr(url, "://"), *at = strrchr(url, '@');
    char *colon = start && at > start + 3 ? memchr(start + 3, ':', (size_t)(at - start - 3)) : NULL;
    if (colon) memset(colon + 1, '*', (size_t)(at - colon - 1));
}

static const char *parse_proxy(void *field, const char *value) {
    struct proxy_url *url = field;
    const char *why = proxy_url_parse(value, url);
    hide_password((char *)(uintptr_t)value);
    mem_keep(url->host);
    mem_keep(url->user);
    mem_keep(url->password);
    return why;
}

const struct opt_row options_proxy[] = {
    OPT("proxy", 0, OPT_CUSTOM, proxy_conf, url, .metavar = "URL", .parse = parse_proxy,
        .values = "socks5:// socks4:// http://",
        .help = "through a proxy: socks5:, socks4: or http://[USER:PASS@]HOST[:PORT]"),
    OPT_END,
};

const struct opt_row options_send_proxy[] = {
    OPT("send-proxy", 0, OPT_INTEGER, proxy_conf, header, .metavar = "1|2", .min = 1, .max = 2,
        .help = "send a PROXY protocol header first, of version 1 or 2"),
    OPT_END,
};

const struct opt_row options_address[] = {
    OPT("ipv4", '4', OPT_FLAG, common_conf, ipv4, .help = "only IPv4", .excludes = "ipv6"),
    OPT("ipv6", '6', OPT_FLAG, common_conf, ipv6, .help = "only IPv6"),
    OPT("port", 'p', OPT_CUSTOM, common_conf, port, .metavar = "PORT", .parse = parse_port,
        .values = "@service", .help = "number or service (60000; servers: 0: any free one)",
        .flags = OPT_EVERYDAY),
    OPT("bind", 'b', OPT_CUSTOM, common_conf, binds, .metavar = "ADDR[:PORT]", .parse = parse_bind,
        .values = "@host", .help = "servers: listen on each ('*': all); clients: source",
        .flags = OPT_EVERYDAY),
    OPT("unix", 'U', OPT_CUSTOM, common_conf, unix_path, .metavar = "PATH|@NAME",
        .parse = parse_unix, .values = "@file", .excludes = "ipv4 ipv6 port bind",
        .help = "a Unix-domain socket instead of host and port", .flags = OPT_EVERYDAY),
    OPT("numeric", 'n', OPT_FLAG, common_conf, numeric, .help = "no DNS or service-name look-up"),
    OPT_END,
};

const struct opt_row options_time[] = {
    OPT("timeout", 'w', OPT_TIME, common_conf, timeout, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "limit to connect (10s); servers: for a first client",
        .flags = OPT_EVERYDAY),
    OPT("idle", 'i', OPT_TIME, common_conf, idle, .metavar = "TIME", .min = 1, .max = INT64_MAX,
        .help = "end a connection after TIME without a byte either way"),
    OPT("max-time", 0, OPT_TIME, common_conf, max_time, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "end the whole run after TIME (status 5)"),
    OPT_END,
};

const struct opt_row options_socket[] = {
    OPT("read-size", 0, OPT_SIZE, common_conf, read_size, .metavar = "SIZE", .min = 1,
        .max = SOCK_READ_MOST, .help = "ask for SIZE bytes of a stream at once, at most (64K)"),
    OPT("sockopt", 'O', OPT_CUSTOM, common_conf, sockopts, .metavar = "NAME=VALUE",
        .parse = sockopt_parse, .values = "@sockopt",
        .help = "set a socket option; repeatable (-O help lists them)"),
    OPT_END,
};

const struct opt_row options_narration[] = {
    OPT("timestamps", 0, OPT_FLAG, common_conf, timestamps,
        .help = "begin each line of narration with the local time"),
    OPT("quiet", 'q', OPT_FLAG, common_conf, quiet, .help = "errors only", .excludes = "verbose"),
    OPT("verbose", 'v', OPT_COUNT, common_conf, verbose,
        .help = "tell more; -vv: what the system measured, too", .flags = OPT_EVERYDAY),
    OPT("trace", 'T', OPT_COUNT, common_conf, trace,
        .help = "tell every socket call (-TT: options and names too)", .flags = OPT_EVERYDAY),
    OPT("step", 0, OPT_FLAG, common_conf, step,
        .help = "with --trace: wait for Enter on the terminal after each line"),
    OPT("lang", 0, OPT_CUSTOM, common_conf, lang, .metavar = "en|fr", .parse = parse_lang,
        .values = "en fr", .help = "speak English or French (else as LC_ALL or LANG says)"),
    OPT_END,
};

const struct opt_row options_about[] = {
    OPT("help", 'h', OPT_FLAG, common_conf, help, .help = "show this help", .flags = OPT_EVERYDAY),
    OPT("version", 'V', OPT_FLAG, common_conf, version, .help = "show the version",
        .flags = OPT_EVERYDAY),
    OPT_END,
};

const struct opt_row options_readiness[] = {
    OPT("port-file", 0, OPT_STRING, server_conf, port_file, .metavar = "FILE", .values = "@file",
        .help = "write the port there when ready; removed at exit"),
    OPT("ready-fd", 0, OPT_INTEGER, server_conf, ready_fd, .metavar = "FD", .min = 1,
        .max = 1048576, .help = "write a newline to descriptor FD when ready, then close it"),
    OPT_END,
};

const struct opt_row options_access[] = {
    OPT("allow", 0, OPT_CUSTOM, server_conf, access.allow, .metavar = "CIDR[,CIDR]",
        .parse = parse_access, .excludes = "unix",
        .help = "serve only these addresses; repeatable"),
    OPT("deny", 0, OPT_CUSTOM, server_conf, access.deny, .metavar = "CIDR[,CIDR]",
        .parse = parse_access, .excludes = "unix",
        .help = "never serve these addresses; repeatable"),
    OPT_END,
};

const struct opt_row options_privileges[] = {
    OPT("unix-mode", 0, OPT_CUSTOM, server_conf, unix_mode, .metavar = "OCTAL", .parse = parse_mode,
        .help = "with -U: the permissions of PATH, from its first moment on"),
    OPT("user", 0, OPT_CUSTOM, server_conf, user, .metavar = "NAME[:GROUP]", .parse = user_parse,
        .help = "started as root: become that user once the sockets and files are open"),
    OPT("no-sandbox", 0, OPT_FLAG, server_conf, no_sandbox,
        .help = "keep the privileges given up once listening"),
    OPT_END,
};

const struct opt_row options_clients[] = {
    OPT("max-clients", 'm', OPT_INTEGER, server_conf, max_clients, .metavar = "N", .min = 1,
        .max = 1000000, .help = "serve at most N clients at once; others wait"),
    OPT("max-per-host", 0, OPT_INTEGER, server_conf, max_per_host, .metavar = "N", .min = 1,
        .max = 1000000, .excludes = "unix",
        .help = "serve at most N clients of one address at once"),
    OPT("count", 'c', OPT_INTEGER, server_conf, count, .metavar = "N", .min = 1, .max = INT64_MAX,
        .excludes = "once", .help = "end after N clients, with status 0"),
    OPT("backlog", 0, OPT_INTEGER, server_conf, backlog, .metavar = "N", .min = 0, .max = 65535,
        .help = "let N connections wait for accept (default 4096)"),
    OPT("exit-idle", 0, OPT_TIME, server_conf, exit_idle, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .excludes = "workers",
        .help = "end when nobody was connected for TIME, with status 0"),
    OPT_END,
};

const struct opt_row options_accept_proxy[] = {
    OPT("accept-proxy", 0, OPT_FLAG, server_conf, accept_proxy,
        .help = "each connection begins with a PROXY protocol header"),
    OPT("proxy-from", 0, OPT_CUSTOM, server_conf, proxy_from.allow, .metavar = "CIDR[,CIDR]",
        .parse = parse_access, .excludes = "unix",
        .help = "believe such headers only of these addresses; repeatable"),
    OPT_END,
};

const struct opt_row options_inetd[] = {
    OPT("inetd", 0, OPT_CUSTOM, server_conf, connection, .parse = inherit_stdin,
        .excludes = "port bind unix udp workers",
        .help = "stdin is a connected socket: serve it as the one client"),
    OPT_END,
};

const struct opt_row options_copies[] = {
    OPT("output", 'o', OPT_STRING, output_conf, copy, .metavar = "FILE", .values = "@file",
        .help = "append what is received to FILE too", .flags = OPT_EVERYDAY),
    OPT("hex-dump", 'x', OPT_STRING, output_conf, dump, .metavar = "FILE", .values = "@file",
        .help = "dump both directions in hex to FILE (-: stderr)", .flags = OPT_EVERYDAY),
    OPT_END,
};

const struct opt_row options_raw[] = {
    OPT("raw", 0, OPT_FLAG, output_conf, raw,
        .help = "let control characters through to a terminal"),
    OPT_END,
};

const struct opt_row options_label[] = {
    OPT("label", 0, OPT_FLAG, output_conf, label,
        .help = "show each line received behind its sender's [ADDR:PORT]"),
    OPT_END,
};

const struct opt_row options_progress[] = {
    OPT("progress", 0, OPT_FLAG, output_conf, progress,
        .help = "show bytes, rate and, of a file, the time left"),
    OPT_END,
};

const struct opt_row options_pace[] = {
    OPT("limit-rate", 0, OPT_SIZE, pace_conf, rate, .metavar = "SIZE", .min = 1, .max = PACE_MOST,
        .excludes = "exec",
        .help = "at most SIZE bytes a second, for each connection and direction"),
    OPT_END,
};

const struct opt_row options_texts[] = {
    OPT("escapes", 0, OPT_FLAG, texts_conf, escapes,
        .help = "in texts \\r \\n \\t \\0 \\\\ \\xNN are what they are in C"),
    OPT_END,
};

const struct opt_row options_answering[] = {
    OPT("udp", 'u', OPT_FLAG, answering_conf, udp, .excludes = "unix",
        .help = "answer datagrams at the same port too", .flags = OPT_EVERYDAY),
    OPT("workers", 0, OPT_INTEGER, answering_conf, workers, .metavar = "N", .min = 1, .max = 1024,
        .help = "serve in N processes that share the sockets", .flags = OPT_EVERYDAY),
    OPT_END,
};
