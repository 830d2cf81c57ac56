#include "applets/probe/run.h"

#include "applets/probe/payload.h"
#include "common/base/lang.h"
#include "common/base/msg.h"
#include "common/cli/texts.h"
#include "common/cli/where.h"

#define STANDARD_PORT "60000"

/* Each returns 0, or the exit status, having told why. */

static const char *no_status(void *ctx, const char *name, uint16_t *port) {
    (void)ctx;
    (void)name;
    (void)port;
    return "not a status";
}

static int set_statuses(struct probe *p) {
    struct port_list *list = &p->expect.statuses;
    if (!p->conf->status) return 0;
    const char *why = ports_parse(p->conf->status, no_status, NULL, list);
    for (size_t i = 0; i < list->count && !why; i++)
        if (list->items[i].first < 100 || list->items[i].last > 999) why = "a status is 100 to 999";
    if (!why) return 0;
    msg_error("--status: %s: %s", p->conf->status, tr(why));
    return STATUS_USAGE;
}

static int set_expected(struct probe *p) {
    const struct probe_conf *conf = p->conf;
    struct expect *e = &p->expect;
    char why[256];
    if (conf->expect &&
        texts_decode(&conf->texts, "--expect", conf->expect, &e->text, &e->text_size) < 0)
        return STATUS_USAGE;
    if (!conf->expect_regex || expect_pattern(e, conf->expect_regex, why, sizeof why) == 0)
        return set_statuses(p);
    msg_error("--expect-regex: %s: %s", conf->expect_regex, tr(why));
    return STATUS_USAGE;
}

static int set_payload(struct probe *p) {
    const struct probe_conf *conf = p->conf;
    const char *bytes;
    size_t size;
    struct cause cause = {0};
    if (conf->send_file)
        return payload_read(p->call->loop, conf->send_file, &p->payload, &cause) == 0 ? 0
               : cause.text[0] ? msg_cause(&cause)
                               : STATUS_FAILED;
    if (!conf->send) return 0;
    if (texts_decode(&conf->texts, "--send", conf->send, &bytes, &size) < 0) return STATUS_USAGE;
    buf_put(&p->payload, bytes, size);
    return 0;
}

static struct question ask(const struct probe *p, int type) {
    return (struct question){.type = type,
                             .payload = buf_at(&p->payload),
                             .payload_size = p->payload.size,
                             .expect = &p->expect,
                             .banner = p->conf->banner};
}

static struct net_name proxy_name(const struct probe *p) {
    const struct endpoint_terms shared = where_terms(&p->conf->common, SOCK_STREAM);
    return (struct net_name){.host = p->conf->proxy.url.host,
                             .type = SOCK_STREAM,
                             .family = shared.family,
                             .numeric = shared.numeric};
}

static int set_terms(struct probe *p) {
    const struct probe_conf *conf = p->conf;
    const struct common_conf *c = &conf->common;
    struct target_terms *terms = &p->targets.terms;
    struct cause cause = {0};
    struct endpoint_terms shared = where_terms(c, conf->udp ? SOCK_DGRAM : SOCK_STREAM);
    p->proxy = proxy_name(p);
    *terms = (struct target_terms){.type = shared.type,
                                   .family = shared.family,
                                   .numeric = shared.numeric,
                                   .ports = conf->ports,
                                   .stream = ask(p, SOCK_STREAM),
                                   .datagram = ask(p, SOCK_DGRAM),
                                   .proxy = run_proxy(p) ? &p->proxy : NULL,
                                   .hosts = &p->targets.hosts};
    return target_terms_ports(terms, STANDARD_PORT, &cause) < 0 ? msg_cause(&cause) : 0;
}

static int exclude(struct probe *p) {
    const struct exclude_words *words = &p->conf->exclude;
    struct target_terms *terms = &p->targets.exclude_terms;
    struct cause cause = {0};
    *terms = p->targets.terms;
    terms->proxy = NULL;
    terms->ports = NULL;
    terms->standard = (struct port_list){0};
    for (size_t i = 0; i < words->count; i++)
        if (exclude_add(&p->targets.exclude, terms, words->items[i], &cause) < 0)
            return msg_cause(&cause);
    return 0;
}

static int take_targets(struct probe *p) {
    const struct call *call = p->call;
    const char *path = p->conf->common.unix_path;
    struct cause cause = {0};
    if (path && call->before > 0) return applet_no_operands(call), STATUS_USAGE;
    if (path || (call->before == 0 && !p->conf->list))
        targets_add_target(&p->targets, target_default(&p->targets.terms, path));
    if (targets_add(&p->targets, call->operands, call->before, &cause) < 0)
        return msg_cause(&cause);
    if (!p->conf->list) return 0;
    return list_open(&p->targets.list, call->loop, p->conf->list, &cause) < 0 ? msg_cause(&cause)
                                                                              : 0;
}

int run_prepare(struct probe *p) {
    int status = set_expected(p);
    p->way = p->conf->wait ? &way_wait : run_has_rounds(p) ? &way_rounds : &way_once;
    if (!status) status = set_payload(p);
    if (!status) status = set_terms(p);
    if (!status) status = exclude(p);
    if (!status && where_source(p->call, p->targets.terms.type, &p->source) < 0)
        status = STATUS_USAGE;
    return status ? status : take_targets(p);
}
