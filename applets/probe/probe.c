/* probe: which ports are open; until they are (or no more), or again and again. */
#include "applets/probe/become.h"
#include "applets/probe/run.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/resolve.h"

#define ATTEMPT_LIMIT (2 * TEXT_NS_PER_S)
#define LAST_WORDS TEXT_NS_PER_S /* for stdout to take what is known when the run was cut off */

static const struct probe_conf defaults = {
    .common.timeout = ATTEMPT_LIMIT, .jobs = 512, .interval = -1};

static const struct opt_row target_rows[] = {
    OPT("port", 'p', OPT_STRING, probe_conf, ports, .metavar = "PORTS", .values = "@service",
        .help = "numbers, ranges, services: 22,80,8000-8100 (60000)", .flags = OPT_EVERYDAY),
    OPT("udp", 'u', OPT_FLAG, probe_conf, udp, .excludes = "proxy",
        .help = "UDP: open means that an answer came", .flags = OPT_EVERYDAY),
    OPT("targets", 0, OPT_STRING, probe_conf, list, .metavar = "FILE", .values = "@file",
        .help = "a TARGET [PORTS] a line (-: stdin), besides those of the command line"),
    OPT("exclude", 0, OPT_CUSTOM, probe_conf, exclude, .metavar = "TARGET", .values = "@host",
        .parse = exclude_parse, .help = "leave these out; repeatable"),
    OPT_END,
};

static const struct opt_row result_rows[] = {
    OPT("all", 'a', OPT_FLAG, probe_conf, all,
        .help = "list the ports of a range that are not open, too", .flags = OPT_EVERYDAY),
    OPT("banner", 0, OPT_FLAG, probe_conf, banner,
        .help = "show the first line that the service says", .flags = OPT_EVERYDAY),
    OPT("json", 0, OPT_FLAG, probe_conf, json, .help = "one JSON object a line",
        .flags = OPT_EVERYDAY),
    OPT("any", 0, OPT_FLAG, probe_conf, any, .excludes = "gone at-least",
        .help = "one open port is enough; end with it"),
    OPT("at-least", 0, OPT_INTEGER, probe_conf, at_least, .metavar = "N", .min = 1,
        .max = INT64_MAX, .excludes = "gone", .help = "N open ports are enough; end with them"),
    OPT_END,
};

static const struct opt_row answer_rows[] = {
    OPT("send", 0, OPT_STRING, probe_conf, send, .metavar = "TEXT",
        .flags = OPT_EVERYDAY | OPT_EMPTY_OK, .excludes = "send-file",
        .help = "send TEXT, as it is, once connected"),
    OPT("send-file", 0, OPT_STRING, probe_conf, send_file, .metavar = "FILE", .values = "@file",
        .help = "send what is in FILE (-: stdin)"),
    OPT("expect", 0, OPT_STRING, probe_conf, expect, .metavar = "TEXT", .excludes = "expect-regex",
        .help = "only an answer that has TEXT in it counts as open", .flags = OPT_EVERYDAY),
    OPT("expect-regex", 0, OPT_STRING, probe_conf, expect_regex, .metavar = "ERE",
        .help = "only one that matches ERE (POSIX), ^ and $ at each line"),
    OPT("status", 0, OPT_STRING, probe_conf, status, .metavar = "LIST",
        .help = "of http targets only these: 200,300-399 (default 200-399)"),
    OPT_END,
};

static const struct opt_row time_rows[] = {
    OPT("wait", 0, OPT_TIME, probe_conf, wait, .metavar = "TIME", .min = 1, .max = INT64_MAX,
        .flags = OPT_EVERYDAY | OPT_INF_OK, .excludes = "count interval",
        .help = "try again for TIME (or inf) until all are open"),
    OPT("gone", 0, OPT_FLAG, probe_conf, gone, .help = "the other way round: until none is open"),
    OPT("count", 'c', OPT_INTEGER, probe_conf, count, .metavar = "N", .min = 1, .max = INT64_MAX,
        .help = "N rounds, then a summary", .flags = OPT_EVERYDAY),
    OPT("interval", 'I', OPT_TIME, probe_conf, interval, .metavar = "TIME",
        .help = "between rounds (default 1s; without -c until interrupted)"),
    OPT("graph", 0, OPT_FLAG, probe_conf, graph, .excludes = "wait",
        .help = "draw each target's last rounds as bars"),
    OPT("timeout", 'w', OPT_TIME, probe_conf, common.timeout, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "limit on each attempt, the look-up included (2s)",
        .flags = OPT_EVERYDAY),
    OPT("jobs", 'j', OPT_INTEGER, probe_conf, jobs, .metavar = "N", .min = 1, .max = 1000000,
        .help = "at most N attempts at once (default 512)"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Targets", target_rows, 0},       {"Results", result_rows, 0},
    {"Answers", answer_rows, 0},       OPTIONS_TEXTS("Answers", struct probe_conf, texts),
    {"Rounds", time_rows, 0},          OPTIONS_PROXY(proxy, struct probe_conf),
    OPTIONS_SHARED(struct probe_conf), {NULL, NULL, 0},
};

static void resolve_source(struct probe *p) {
    struct cause cause = {0};
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

static void drain_over(struct timer *t) { loop_stop(t->loop); }

/* A second signal ends the wait, too. */
static void drain(struct probe *p) {
    struct timer limit = {.place = 0};
    if (!call_over(p->call)) {
        call_drain(p->call, &p->out);
        return;
    }
    timer_start(p->call->loop, &limit, LAST_WORDS, drain_over);
    (void)output_drain(&p->out);
    timer_stop(&limit);
}

/* What is known is shown, however the run ended. */
static void show_end(struct probe *p) {
    results_show_rest(p);
    if (run_has_rounds(p)) results_summarize(p);
    results_stop(p);
    drain(p);
}

static int probe(struct probe *p) {
    results_start(p);
    resolve_source(p);
    if (!p->status && !call_over(p->call)) run_probing(p);
    if (!p->out.status) show_end(p);
    if (p->out.status) p->status = p->out.status;
    if (p->status || call_over(p->call)) return p->status;
    int status = verdict(p);
    return status == STATUS_OK && run_has_command(p) ? become_command(p) : status;
}

static struct probe *the_probe; /* that signals ask; there is one */

static void asked(struct sig_watch *w) {
    (void)w;
    results_tell(the_probe);
}

/* Nobody who asks ends the run by it. */
static void watch_signals(struct probe *p) {
    the_probe = p;
    sig_watch(&p->asked[0], SIGQUIT, asked);
    sig_watch(&p->asked[1], SIGUSR1, asked);
}

static int run(struct call *call) {
    struct probe *p = mem_keep(mem_new(sizeof *p));
    p->call = call;
    p->conf = call->conf;
    watch_signals(p);
    int status = run_prepare(p);
    if (!status) status = probe(p);
    for (int i = 0; i < 2; i++) sig_unwatch(&p->asked[i]);
    run_free(p);
    output_stop(&p->out);
    return status;
}

const struct applet applet_probe = {
    .name = "probe",
    .summary = "Tell which ports are open; wait for them, then become COMMAND",
    .operands = "[TARGET [PORTS]]... [-- COMMAND [ARG]...]",
    .schemes = "tcp:// udp:// http:// http+unix: unix:",
    .groups = groups,
    .conf_size = size_led_by(struct probe_conf, common),
    .defaults = &defaults,
    .run = run,
};
