/* probe: which ports are open; until they are (or no more), or again and again. */
#include <stdlib.h>
#include <string.h>

#include "applets/probe/become.h"
#include "applets/probe/run.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/resolve.h"

#define ATTEMPT_LIMIT (2 * TEXT_NS_PER_S)
#define LARGEST_DATAGRAM 65507

static const struct probe_conf defaults = {
    .common.timeout = ATTEMPT_LIMIT, .jobs = 512, .interval = -1};

static const struct opt_row rows[] = {
    OPT("port", 'p', OPT_STRING, probe_conf, ports, .metavar = "PORTS", .values = "@service",
        .help = "numbers, ranges and services: 22,80,8000-8100,http (default 60000)"),
    OPT("udp", 'u', OPT_FLAG, probe_conf, udp, .help = "UDP: open means that an answer came"),
    OPT("timeout", 'w', OPT_TIME, probe_conf, common.timeout, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "limit on each attempt, the look-up included (default 2s)"),
    OPT("jobs", 'j', OPT_INTEGER, probe_conf, jobs, .metavar = "N", .min = 1, .max = 1000000,
        .help = "at most N attempts at once (default 512)"),
    OPT("all", 'a', OPT_FLAG, probe_conf, all,
        .help = "list the ports of a range that are not open, too"),
    OPT("any", 0, OPT_FLAG, probe_conf, any, .excludes = "gone",
        .help = "one open port is enough for status 0"),
    OPT("json", 0, OPT_FLAG, probe_conf, json, .help = "one JSON object a line"),
    OPT("banner", 0, OPT_FLAG, probe_conf, banner,
        .help = "show the first line that the service says"),
    OPT("send", 0, OPT_STRING, probe_conf, send, .metavar = "TEXT", .flags = OPT_EMPTY_OK,
        .help = "send TEXT, as it is, to what answers"),
    OPT("expect", 0, OPT_STRING, probe_conf, expect, .metavar = "TEXT",
        .help = "only an answer that has TEXT in it counts as open"),
    OPT("wait", 0, OPT_TIME, probe_conf, wait, .metavar = "TIME", .min = 1, .max = INT64_MAX,
        .flags = OPT_INF_OK, .excludes = "count interval",
        .help = "try again for TIME (or inf) until all are open"),
    OPT("gone", 0, OPT_FLAG, probe_conf, gone, .help = "the other way round: until none is open"),
    OPT("count", 'c', OPT_INTEGER, probe_conf, count, .metavar = "N", .min = 1, .max = INT64_MAX,
        .help = "N rounds, then a summary"),
    OPT("interval", 'I', OPT_TIME, probe_conf, interval, .metavar = "TIME",
        .help = "between rounds (default 1s; without -c until interrupted)"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    OPTIONS_SHARED(struct probe_conf),
    {NULL, NULL, 0},
};

static void resolve_source(struct probe *p) {
    struct cause cause;
    if (!p->source.type ||
        resolve_wait(p->call->loop, &p->source, p->conf->common.timeout, &p->locals, &cause) == 0)
        return;
    if (!call_over(p->call)) p->status = msg_cause(&cause);
}

/* Returns only where it cannot, or must not. */
static int become_command(struct probe *p) {
    /* options may have stood behind the operands' new places */
    p->call->operands[p->call->count] = NULL;
    become_prepare(p->call->loop);
    return call_over(p->call) ? STATUS_OK : become_program(p->call->operands + p->call->before);
}

static int probe(struct probe *p) {
    show_prepare(p);
    resolve_source(p);
    if (p->status || call_over(p->call)) return p->status;
    run_probing(p);
    if (!p->status && !call_over(p->call)) show_known(p, true);
    if (!p->status && run_has_rounds(p)) show_summary(p);
    if (!p->status) call_drain(p->call, &p->out);
    if (!p->status) p->status = p->out.status;
    if (p->status || call_over(p->call)) return p->status;
    int status = verdict(p);
    return status == STATUS_OK && run_has_command(p) ? become_command(p) : status;
}

static int run(struct call *call) {
    struct probe p = {.call = call, .conf = call->conf};
    int type = p.conf->udp ? SOCK_DGRAM : SOCK_STREAM, status = STATUS_USAGE;
    if (p.conf->udp && p.conf->send && strlen(p.conf->send) > LARGEST_DATAGRAM)
        msg_error("--send: %zu bytes are too many for a datagram (at most %d)",
                  strlen(p.conf->send), LARGEST_DATAGRAM);
    else if (targets_parse(call, type, p.conf->ports, &p.targets, &p.source) == 0)
        status = probe(&p);
    targets_free(&p.targets);
    addrs_free(&p.locals);
    output_stop(&p.out);
    return status;
}

const struct applet applet_probe = {
    .name = "probe",
    .summary = "Tell which ports are open; wait for them, then become COMMAND",
    .operands = "[HOST[:PORT] [PORTS]]... [-- COMMAND [ARG]...]",
    .groups = groups,
    .conf_size = size_led_by(struct probe_conf, common),
    .defaults = &defaults,
    .run = run,
};
