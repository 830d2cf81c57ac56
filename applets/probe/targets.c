#include "applets/probe/targets.h"

#include <stdlib.h>
#include <string.h>

#include "applets/probe/ports.h"
#include "applets/probe/report.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/vis.h"
#include "common/cli/where.h"
#include "common/net/name.h"

/* What all operands have in common. */
struct parsing {
    struct endpoint_terms terms; /* without -p and -b */
    const char *ports;           /* -p */
    struct targets *out;
};

/* --- ports --- */

static const char *look_up(void *ctx, const char *name, uint16_t *port) {
    const struct parsing *parsing = ctx;
    return endpoint_port(name, parsing->terms.type, parsing->terms.numeric, port);
}

static int parse_ports(struct parsing *parsing, const char *where, const char *text,
                       struct port_list *out) {
    char shown[256];
    const char *why = ports_parse(text, look_up, parsing, out);
    if (!why) return 0;
    msg_error("%s: %s: %s", where, vis_quote(text, strlen(text), 48, shown), why);
    return -1;
}

/* -p and a port that is part of the HOST must not disagree. */
static int check_agreement(struct parsing *parsing, const char *written,
                           const struct port_list *list) {
    struct port_list general;
    if (!parsing->ports) return 0;
    if (parse_ports(parsing, "--port", parsing->ports, &general) < 0) return -1;
    bool agreed = ports_equal(&general, list);
    ports_free(&general);
    if (agreed) return 0;
    msg_error("--port %s and :%s disagree", parsing->ports, written);
    return -1;
}

/* Those behind the HOST, else its own, else -p. */
static int choose_ports(struct parsing *parsing, const char *host, const char *written,
                        const char *behind, struct port_list *out) {
    if (written && behind) {
        msg_error("the ports of %s are given twice, :%s and %s (%s %s,%s asks for both)", host,
                  written, behind, host, written, behind);
        return -1;
    }
    if (behind) return parse_ports(parsing, "port", behind, out);
    if (!written && parsing->ports) return parse_ports(parsing, "--port", parsing->ports, out);
    if (parse_ports(parsing, "port", written ? written : "60000", out) < 0) return -1;
    return written ? check_agreement(parsing, written, out) : 0;
}

/* --- hosts and targets --- */

static bool same(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static struct scan_host *host_named(struct targets *out, const struct net_name *name) {
    for (size_t i = 0; i < out->host_count; i++) {
        const struct net_name *other = &out->hosts[i]->name;
        if (same(name->host, other->host) && same(name->path, other->path)) return out->hosts[i];
    }
    struct scan_host *h = mem_new(sizeof *h);
    h->name = *name;
    out->hosts = mem_resize(out->hosts, out->host_count + 1, sizeof(struct scan_host *));
    out->hosts[out->host_count++] = h;
    return h;
}

static void add(struct targets *out, struct scan_host *host, const struct port_range *range) {
    struct target t = {.count = (size_t)(range->last - range->first) + 1, .single = range->single};
    t.items = mem_new(t.count * sizeof *t.items);
    for (size_t i = 0; i < t.count; i++) {
        t.items[i].host = host;
        t.items[i].port = (uint16_t)(range->first + i);
    }
    int width = report_width(&t.items[t.count - 1]);
    if (width > out->width) out->width = width;
    out->items = mem_resize(out->items, out->count + 1, sizeof *out->items);
    out->items[out->count++] = t;
    out->total += t.count;
}

static void add_all(struct targets *out, const struct net_name *name,
                    const struct port_list *ports) {
    static const struct port_range none = {.single = true};
    struct scan_host *host = host_named(out, name);
    if (name->path) add(out, host, &none);
    for (size_t i = 0; i < ports->count; i++) add(out, host, &ports->items[i]);
}

/* HOST or HOST:PORT, its strings kept as long as the program. */
static int read_endpoint(struct parsing *parsing, const char *word, struct endpoint *e,
                         struct net_name *name) {
    char shown[256];
    struct cause cause;
    const char *why = endpoint_parse(word, e);
    if (why) {
        msg_error("%s: %s", vis_quote(word, strlen(word), 48, shown), why);
        return -1;
    }
    endpoint_keep(e);
    if (endpoint_remote(e, &parsing->terms, name, &cause) == 0) return 0;
    msg_cause(&cause);
    return -1;
}

static int add_operand(struct parsing *parsing, const char *word, const char *behind) {
    struct net_name name;
    struct endpoint e;
    struct port_list ports = {NULL, 0};
    int result = 0;
    if (ports_only(word)) {
        msg_error("'%s' is no host (use -p %s)", word, word);
        return -1;
    }
    if (read_endpoint(parsing, word, &e, &name) < 0) return -1;
    if (!name.path) {
        result = choose_ports(parsing, name.host ? name.host : "localhost", e.port, behind, &ports);
    } else if (behind) {
        msg_error("%s has no port %s", word, behind);
        result = -1;
    }
    if (result == 0) add_all(parsing->out, &name, &ports);
    ports_free(&ports);
    return result;
}

/* The host that is meant when none is named, or -U. */
static int add_default(struct parsing *parsing, const char *path) {
    const struct endpoint_terms *t = &parsing->terms;
    struct net_name name = {
        .path = path, .family = t->family, .type = t->type, .numeric = t->numeric};
    struct port_list ports = {NULL, 0};
    if (!path && choose_ports(parsing, "localhost", NULL, NULL, &ports) < 0) return -1;
    add_all(parsing->out, &name, &ports);
    ports_free(&ports);
    return 0;
}

int targets_parse(const struct call *call, int type, const char *ports, struct targets *out,
                  struct net_name *source) {
    const struct common_conf *c = call->conf;
    struct parsing parsing = {where_terms(c, type), ports, out};
    parsing.terms.bound = false;
    *out = (struct targets){0};
    if (where_source(call, type, source) < 0) return -1;
    if (c->unix_path && call->before > 0) return applet_no_operands(call);
    if (call->before == 0 && add_default(&parsing, c->unix_path) < 0) return -1;
    for (int at = 0; at < call->before; at++) {
        const char *word = call->operands[at];
        bool more = at + 1 < call->before && ports_only(call->operands[at + 1]);
        if (add_operand(&parsing, word, more ? call->operands[++at] : NULL) < 0) return -1;
    }
    for (size_t n = 0; n < out->count; n++) /* they do not move any more */
        for (size_t i = 0; i < out->items[n].count; i++)
            out->items[n].items[i].owner = &out->items[n];
    return 0;
}

void targets_free(struct targets *targets) {
    for (size_t n = 0; n < targets->count; n++) {
        struct target *t = &targets->items[n];
        for (size_t i = 0; i < t->count; i++) finding_clear(&t->items[i].found);
        free(t->items);
        free(t->tallies);
    }
    for (size_t i = 0; i < targets->host_count; i++) {
        scan_host_free(targets->hosts[i]);
        free(targets->hosts[i]);
    }
    free(targets->items);
    free(targets->hosts);
}

bool target_open(const struct target *t) {
    for (size_t i = 0; i < t->count; i++)
        if (t->items[i].found.state == PORT_OPEN) return true;
    return false;
}
