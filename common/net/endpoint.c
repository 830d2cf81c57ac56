#include "common/net/endpoint.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/addr.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/vis.h"

/* --- its words --- */

#define NO_BRACKETS "more than one ':' (an IPv6 address with a port is written [ADDRESS]:PORT)"

/* The ":PORT" behind a host. */
static const char *parse_port(const char *text, struct endpoint *out) {
    if (text[1] == '\0') return "the port is missing behind ':'";
    out->port = mem_copy(text + 1);
    return NULL;
}

static const char *parse_bracketed(const char *text, struct endpoint *out) {
    const char *close = strchr(text, ']');
    if (close == NULL) return "the ']' is missing";
    if (close[1] != '\0' && close[1] != ':') return "only :PORT may follow the ']'";
    out->host = mem_format("%.*s", (int)(close - text - 1), text + 1);
    if (!addr_is_v6_literal(out->host)) return "there is no IPv6 address between the brackets";
    return close[1] == ':' ? parse_port(close + 1, out) : NULL;
}

static const char *parse(const char *text, struct endpoint *out) {
    const char *colon = strchr(text, ':');
    if (*text == '\0') return "the host is missing";
    if (*text == '[') return parse_bracketed(text, out);
    if (strncmp(text, "unix:", 5) == 0) {
        if (text[5] == '\0') return "the path is missing behind 'unix:'";
        out->path = mem_copy(text + 5);
        return NULL;
    }
    if (strstr(text, "://") != NULL) return "a URL is not taken here (write HOST:PORT)";
    if (addr_lacks_brackets(text)) return NO_BRACKETS;
    if (colon == NULL || addr_is_v6_literal(text)) {
        out->host = mem_copy(text);
        return NULL;
    }
    if (strchr(colon + 1, ':') != NULL) return NO_BRACKETS;
    if (colon > text) out->host = mem_format("%.*s", (int)(colon - text), text);
    return parse_port(colon, out);
}

const char *endpoint_parse(const char *text, struct endpoint *out) {
    *out = (struct endpoint){0};
    const char *wrong = parse(text, out);
    if (wrong != NULL) endpoint_free(out);
    return wrong;
}

void endpoint_free(struct endpoint *e) {
    free(e->host);
    free(e->port);
    free(e->path);
    *e = (struct endpoint){0};
}

void endpoint_keep(struct endpoint *e) {
    mem_keep(e->host);
    mem_keep(e->port);
    mem_keep(e->path);
}

/* --- what a URL encodes --- */

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *endpoint_decode(const char *text, size_t n) {
    char *out = mem_new(n + 1), *to = out;
    for (const char *end = text + n; text < end; text++) {
        if (*text != '%') {
            *to++ = *text;
            continue;
        }
        int high = end - text > 2 ? hex(text[1]) : -1, low = high < 0 ? -1 : hex(text[2]);
        if (low < 0 || high * 16 + low == 0) {
            free(out);
            return NULL;
        }
        *to++ = (char)(high * 16 + low);
        text += 2;
    }
    *to = 0;
    return out;
}

/* --- the port --- */

const char *endpoint_port(const char *text, int type, bool numeric, uint16_t *port) {
    if (addr_port_number(text, port)) return NULL;
    if (text_is_digits(text)) return "out of range (0 to 65535)";
    if (numeric) return "not a port number (-n forbids the look-up of names)";
    const struct servent *service = getservbyname(text, type == SOCK_DGRAM ? "udp" : "tcp");
    if (!service) return "unknown service name";
    /* ntohs without its sign warning */
    *port = (uint16_t)((service->s_port & 0xff) << 8 | (service->s_port >> 8 & 0xff));
    return NULL;
}

static int port_into(const char *text, const char *where, const struct endpoint_terms *t,
                     uint16_t *port, struct cause *cause) {
    char shown[256];
    const char *why = endpoint_port(text, t->type, t->numeric, port);
    if (!why) return 0;
    return cause_set(cause, STATUS_USAGE, "%s: %s: %s", tr(where),
                     vis_quote(text, strlen(text), 48, shown), tr(why));
}

/* The endpoint's own, else that of -p, else the default; the two must not disagree. `where` names
 * the endpoint's own port in an error. */
static int choose_port(const char *written, const char *where, const struct endpoint_terms *t,
                       uint16_t *port, struct cause *cause) {
    uint16_t by_option = t->otherwise, by_endpoint = 0;
    if (t->port && port_into(t->port, "--port", t, &by_option, cause) < 0) return -1;
    if (written && port_into(written, where, t, &by_endpoint, cause) < 0) return -1;
    if (t->port && written && by_option != by_endpoint)
        return cause_set(cause, STATUS_USAGE, "--port %s and :%s disagree", t->port, written);
    *port = written ? by_endpoint : by_option;
    return 0;
}

/* --- the whole --- */

static struct net_name name_of(const struct endpoint *e, const struct endpoint_terms *t) {
    return (struct net_name){.host = e->host,
                             .path = e->path,
                             .family = t->family,
                             .type = t->type,
                             .numeric = t->numeric};
}

/* A literal of one family with the option for the other can never work. */
static int check_family(const struct net_name *name, struct cause *cause) {
    struct addr a;
    if (name->family == AF_UNSPEC || !name->host || !addr_numeric(name->host, 0, &a) ||
        addr_family(&a) == name->family)
        return 0;
    return cause_set(cause, STATUS_USAGE,
                     name->family == AF_INET6 ? "%s is an IPv4 address, which -6 forbids"
                                              : "%s is an IPv6 address, which -4 forbids",
                     name->host);
}

static int check_path(const char *path, const struct endpoint_terms *t, struct cause *cause) {
    struct addr a;
    if (t->port || t->bound || t->family != AF_UNSPEC)
        return cause_set(cause, STATUS_USAGE, "unix:%s excludes -4, -6, --port and --bind", path);
    if (addr_unix(path, &a) == 0) return 0;
    return cause_set(cause, STATUS_USAGE, "unix:%s: %s", path,
                     tr(path[1] ? "too long for a socket path" : "the name is missing behind '@'"));
}

int endpoint_remote(const struct endpoint *e, const struct endpoint_terms *t, struct net_name *out,
                    struct cause *cause) {
    *out = name_of(e, t);
    if (e->path) return check_path(e->path, t, cause);
    if (e->host && text_is_digits(e->host))
        return cause_set(cause, STATUS_USAGE, "'%s' is no host (use -p %s)", e->host, e->host);
    if (choose_port(e->port, "port", t, &out->port, cause) < 0) return -1;
    if (check_family(out, cause) < 0) return -1;
    if (out->port > 0) return 0;
    return cause_set(cause, STATUS_USAGE,
                     t->port ? "--port 0 is for servers: it lets the system choose"
                             : "port 0 is for servers: it lets the system choose");
}

/* Linux listens on no v4-mapped address of a socket that is for IPv6 alone. */
static int check_mapped(const char *host, struct cause *cause) {
    struct addr a, v4;
    char text[ADDR_TEXT];
    if (!host || !addr_numeric(host, 0, &a) || !addr_unmap(&a, &v4)) return 0;
    addr_host_text(&v4, text);
    return cause_set(cause, STATUS_USAGE,
                     "--bind: %s is an IPv4 address written as IPv6 (use -b %s)", host, text);
}

int endpoint_local(const struct endpoint *e, const struct endpoint_terms *t, struct net_name *out,
                   struct cause *cause) {
    *out = name_of(e, t);
    if (e->path)
        return cause_set(cause, STATUS_USAGE, "--bind: an address is wanted (use -U %s)", e->path);
    if (e->host && text_is_digits(e->host))
        return cause_set(cause, STATUS_USAGE,
                         "--bind: \"%s\": no address (a port alone is written :%s)", e->host,
                         e->host);
    if (check_mapped(e->host, cause) < 0 || check_family(out, cause) < 0) return -1;
    return choose_port(e->port, "--bind", t, &out->port, cause);
}

const char *endpoint_authority(const char *text, size_t n, char **host, uint16_t *port) {
    struct endpoint e;
    char *copy = mem_format("%.*s", (int)n, text);
    const char *why = endpoint_parse(copy, &e);
    free(copy);
    if (why) return why;
    *host = e.host;
    e.host = NULL;
    if (e.port && (!addr_port_number(e.port, port) || *port == 0))
        why = "the port is not a number from 1 to 65535";
    if (!*host || !strcmp(*host, "*")) why = "the host is missing";
    endpoint_free(&e);
    return why;
}
