#include "common/cli/where.h"

#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/vis.h"

static int family_of(const struct common_conf *c) {
    return c->ipv4 ? AF_INET : c->ipv6 ? AF_INET6 : AF_UNSPEC;
}

struct endpoint_terms where_terms(const struct common_conf *c, int type) {
    return (struct endpoint_terms){.type = type,
                                   .family = family_of(c),
                                   .numeric = c->numeric,
                                   .bound = c->binds.count > 0,
                                   .port = c->port,
                                   .otherwise = OPTIONS_PORT};
}

static struct net_name unix_name(const struct common_conf *c, int type) {
    return (struct net_name){.path = c->unix_path, .type = type};
}

/* -1 after having told a usage error. */
static int told(const struct cause *cause) {
    msg_cause(cause);
    return -1;
}

static int parse(const char *text, const char *option, struct endpoint *e) {
    char shown[256];
    const char *why = endpoint_parse(text, e);
    if (why) {
        msg_error("%s%s: %s", tr(option), vis_quote(text, strlen(text), 48, shown), tr(why));
        return -1;
    }
    endpoint_keep(e);
    return 0;
}

/* --- addresses of this machine --- */

/* Of a value of -b; NULL: none was given. */
static int local_name(const char *bind, const struct endpoint_terms *t, struct net_name *out) {
    struct endpoint e = {0};
    struct cause cause = {0};
    if (bind && parse(bind, "--bind: ", &e) < 0) return -1;
    return endpoint_local(&e, t, out, &cause) < 0 ? told(&cause) : 0;
}

int where_listen(const struct call *call, int type, struct net_names *out) {
    const struct common_conf *c = call->conf;
    struct endpoint_terms terms = where_terms(c, type);
    *out = (struct net_names){.items = {unix_name(c, type)}, .count = 1};
    if (c->unix_path) return 0;
    if (c->binds.count > 1) out->count = c->binds.count;
    for (size_t i = 0; i < out->count; i++)
        if (local_name(c->binds.items[i], &terms, &out->items[i]) < 0) return -1;
    return 0;
}

int where_source(const struct call *call, int type, struct net_name *source) {
    const struct common_conf *c = call->conf;
    bool bound = c->binds.count > 0;
    struct endpoint_terms terms = where_terms(c, bound ? type : 0);
    terms.port = NULL; /* -p is the target's */
    terms.otherwise = 0;
    if (c->binds.count > 1) {
        msg_error("--bind: a client has one address");
        return -1;
    }
    if (local_name(c->binds.items[0], &terms, source) < 0) return -1;
    if (bound && !source->host) source->host = "*";
    return 0;
}

/* --- the target --- */

static const char *take_operand(struct call *call) {
    call->count--;
    call->before -= call->before > 0;
    return *call->operands++;
}

/* HOST, HOST:PORT, HOST PORT. */
static int take_endpoint(struct call *call, struct endpoint *e) {
    const struct common_conf *c = call->conf;
    if (call->count == 0) return 0;
    if (parse(take_operand(call), "", e) < 0) return -1;
    bool lacks_port = e->host && !e->port && !c->port && !text_is_digits(e->host);
    if (lacks_port && call->before > 0 && text_is_digits(call->operands[0]))
        e->port = mem_keep(mem_copy(take_operand(call)));
    return 0;
}

int where_target(struct call *call, int type, struct net_name *target, struct net_name *source) {
    const struct common_conf *c = call->conf;
    struct endpoint_terms terms = where_terms(c, type);
    struct endpoint e = {0};
    struct cause cause = {0};
    *target = unix_name(c, type);
    if (where_source(call, type, source) < 0) return -1;
    if (target->path) return 0;
    if (take_endpoint(call, &e) < 0) return -1;
    return endpoint_remote(&e, &terms, target, &cause) < 0 ? told(&cause) : 0;
}

const char *where_parse(void *field, const char *value) {
    struct where_value *v = field;
    const char *wrong = endpoint_parse(value, &v->endpoint);
    v->given = !wrong;
    if (v->given) endpoint_keep(&v->endpoint);
    return wrong;
}

int where_through(const struct proxy_conf *p, const struct net_name *target,
                  const struct proxy_url **through) {
    *through = p->url.host ? &p->url : NULL;
    if (!target->path || !*through) return 0;
    msg_error("--proxy reaches no Unix-domain socket");
    return -1;
}

int where_option(const struct call *call, const struct where_value *v, int type,
                 struct net_name *out) {
    const struct common_conf *c = call->conf;
    const struct endpoint *e = &v->endpoint;
    struct endpoint_terms terms = {.type = type, .numeric = c->numeric, .otherwise = OPTIONS_PORT};
    struct cause cause = {0};
    *out = (struct net_name){.path = e->path, .type = type};
    if (e->path) return 0;
    return endpoint_remote(e, &terms, out, &cause) < 0 ? told(&cause) : 0;
}
