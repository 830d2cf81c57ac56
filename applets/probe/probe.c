/* probe: which ports are open; until they are (or no more), or again and again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/probe/become.h"
#include "applets/probe/scan.h"
#include "applets/probe/targets.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/cli/applet.h"
#include "common/io/printer.h"
#include "common/net/resolve.h"
#include "common/net/sock.h"

#define ATTEMPT_LIMIT (2 * TEXT_NS_PER_S)
#define RETRY_PAUSE (100 * TEXT_NS_PER_MS)
#define ROUND_INTERVAL TEXT_NS_PER_S
#define PROGRESS_AFTER TEXT_NS_PER_S
#define PROGRESS_EVERY (200 * TEXT_NS_PER_MS)
#define LARGEST_DATAGRAM 65507
#define MANY 64 /* ports: a scan, not a question */

struct probe_conf {
    struct common_conf common;
    const char *ports, *send, *expect;
    bool udp, all, any, gone, json, banner;
    int64_t jobs, wait, count, interval; /* wait, count 0, interval -1: not given */
};

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
    APPLET_COMMON_GROUP(struct probe_conf),
    {NULL, NULL, 0},
};

struct probe {
    struct call *call;
    const struct probe_conf *conf;
    struct targets targets;
    struct net_name source;
    struct addrs locals; /* of the source */
    struct scan scan;
    /* the run */
    size_t left, open; /* ports of this round whose state is not known; which are open */
    size_t settled;    /* --wait: targets that are as they shall be */
    int64_t rounds;    /* that are over */
    int64_t began;     /* the last one */
    struct timer next_round, deadline, progress;
    bool expired; /* --wait */
    int status;   /* of what went wrong here */
    /* the output */
    struct printer out;
    enum scan_format format;
    size_t shown_target, shown_item; /* the first that has not been shown */
    bool watched, drawn;             /* stderr is a terminal; the progress stands on it */
};

static void fail(struct probe *p, int status) {
    if (!p->status) p->status = status;
    loop_stop(p->call->loop);
}

static bool has_command(const struct probe *p) { return p->call->count > p->call->before; }

/* --- the progress, at a terminal --- */

static void progress_clear(struct probe *p) {
    static const char clear[] = "\r\033[K";
    if (p->drawn) (void)!write(STDERR_FILENO, clear, sizeof clear - 1);
    p->drawn = false;
}

static void progress_due(struct timer *t) {
    struct probe *p = container_of(t, struct probe, progress);
    char line[128];
    int size = snprintf(line, sizeof line, "\r\033[K%zu of %zu ports probed, %zu open",
                        p->targets.total - p->left, p->targets.total, p->open);
    timer_start(p->call->loop, t, PROGRESS_EVERY, progress_due);
    if (p->left == 0 || p->conf->wait || p->out.text.size) return;
    p->drawn = true;
    (void)!write(STDERR_FILENO, line, (size_t)size);
}

/* --- the output --- */

static void output_failed(struct printer *printer, int error) {
    struct probe *p = container_of(printer, struct probe, out);
    if (error != EPIPE) msg_error("cannot write to stdout: %s", strerror(error));
    fail(p, error == EPIPE ? STATUS_SIGPIPE : STATUS_FAILED);
}

/* What has been put into the text goes to stdout, but where a COMMAND will own that to stderr, as
 * narration. */
static void show(struct probe *p) {
    progress_clear(p);
    if (!has_command(p)) {
        printer_show(&p->out);
        return;
    }
    msg_note(1, "%.*s", (int)p->out.text.size - 1, buf_at(&p->out.text));
    buf_clear(&p->out.text);
}

static bool is_listed(const struct probe *p, const struct target *t, bool open) {
    return !p->conf->common.quiet && (t->single || p->conf->all || open);
}

/* Results in the order asked, as soon as all before them are known; at the end, whatever is known.
 */
static void show_known(struct probe *p, bool end) {
    for (; p->shown_target < p->targets.count; p->shown_target++, p->shown_item = 0) {
        const struct target *t = &p->targets.items[p->shown_target];
        for (; p->shown_item < t->count; p->shown_item++) {
            const struct scan_item *i = &t->items[p->shown_item];
            if (i->state == PORT_UNKNOWN && !end) return;
            if (!is_listed(p, t, i->state == PORT_OPEN)) continue;
            scan_put(&p->out.text, i, p->format, p->targets.width);
            show(p);
        }
    }
}

static void show_summary(struct probe *p) {
    for (size_t n = 0; n < p->targets.count; n++) {
        const struct target *t = &p->targets.items[n];
        for (size_t i = 0; i < t->count; i++) {
            const struct tally *tally = &t->tallies[i];
            if (!tally->probes || !is_listed(p, t, tally->times.count > 0)) continue;
            scan_put_summary(&p->out.text, &t->items[i], tally->probes, &tally->times, p->format,
                             p->targets.width);
            show(p);
        }
    }
}

static void prepare_output(struct probe *p) {
    p->format = p->conf->json                                            ? SCAN_JSON
                : isatty(has_command(p) ? STDERR_FILENO : STDOUT_FILENO) ? SCAN_TABLE
                                                                         : SCAN_TABS;
    p->watched = !p->conf->common.quiet && msg_draws(STDERR_FILENO);
    printer_start(&p->out, p->call->loop, STDOUT_FILENO, output_failed);
}

/* --- the run --- */

static bool is_settled(const struct probe *p, const struct target *t) {
    return target_open(t) != p->conf->gone;
}

static void probe_target(struct probe *p, struct target *t) {
    t->left = t->count;
    for (size_t i = 0; i < t->count; i++) scan_add(&p->scan, &t->items[i]);
}

static void retry(struct timer *timer) {
    struct target *t = container_of(timer, struct target, retry);
    probe_target(t->owner, t);
}

static void begin_round(struct timer *timer) {
    struct probe *p = container_of(timer, struct probe, next_round);
    p->began = loop_clock();
    p->left = p->targets.total;
    p->open = p->shown_target = p->shown_item = 0;
    for (size_t n = 0; n < p->targets.count; n++) {
        struct target *t = &p->targets.items[n];
        for (size_t i = 0; i < t->count; i++) scan_item_clear(&t->items[i]);
        probe_target(p, t);
    }
}

static bool has_rounds(const struct probe *p) { return p->conf->count || p->conf->interval >= 0; }

static void round_over(struct probe *p) {
    int64_t interval = p->conf->interval >= 0 ? p->conf->interval : ROUND_INTERVAL;
    p->rounds++;
    if (has_rounds(p) && (!p->conf->count || p->rounds < p->conf->count))
        timer_start(p->call->loop, &p->next_round, interval - (loop_clock() - p->began),
                    begin_round);
    else
        loop_stop(p->call->loop);
}

/* --wait: a target is tried until it is as it shall be, however the others are. */
static void pass_over(struct probe *p, struct target *t) {
    if (!is_settled(p, t)) {
        timer_start(p->call->loop, &t->retry, RETRY_PAUSE, retry);
        return;
    }
    p->settled++;
    if (p->conf->any || p->settled == p->targets.count) {
        timer_stop(&p->deadline);
        loop_stop(p->call->loop);
    }
}

static void item_done(struct scan *scan, struct scan_item *i) {
    struct probe *p = container_of(scan, struct probe, scan);
    struct target *t = i->owner;
    t->left--;
    if (p->conf->wait) {
        if (t->left == 0 || (p->conf->any && i->state == PORT_OPEN)) pass_over(p, t);
        return;
    }
    p->left--;
    p->open += i->state == PORT_OPEN;
    if (t->tallies) {
        struct tally *tally = &t->tallies[i - t->items];
        tally->probes++;
        if (i->state == PORT_OPEN) stats_add(&tally->times, (double)i->took);
    }
    show_known(p, false);
    if (p->left == 0) round_over(p);
}

static void scan_failed(struct scan *scan, const struct cause *cause) {
    fail(container_of(scan, struct probe, scan), msg_cause(cause));
}

static void host_resolved(struct scan *scan, const struct scan_host *h) {
    char took[TEXT_SHORT], text[ADDR_TEXT];
    struct buf list = {0};
    (void)scan;
    if (msg_level() < 1 || !h->took) return;
    text_duration(h->took, took);
    for (size_t i = 0; i < h->addrs.count; i++)
        buf_format(&list, "%s%s", i ? ", " : "", addr_host_text(&h->addrs.items[i], text));
    if (h->why)
        msg_note(1, "%s (after %s)", h->why, took);
    else
        msg_note(1, "%s is %.*s (looked up in %s)", h->name.host, (int)list.size, buf_at(&list),
                 took);
    buf_free(&list);
}

static void wait_over(struct timer *t) {
    struct probe *p = container_of(t, struct probe, deadline);
    p->expired = true;
    loop_stop(p->call->loop);
}

static void start_probing(struct probe *p) {
    const struct probe_conf *conf = p->conf;
    p->scan.timeout = conf->common.timeout;
    p->scan.jobs = (size_t)conf->jobs;
    p->scan.done = item_done;
    p->scan.failed = scan_failed;
    p->scan.resolved = host_resolved;
    p->scan.plan = (struct attempt_plan){
        .loop = p->call->loop,
        .type = conf->udp ? SOCK_DGRAM : SOCK_STREAM,
        .options = &conf->common.sockopts,
        .locals = &p->locals,
        .payload = conf->send ? conf->send : "",
        .payload_size = conf->send ? strlen(conf->send) : 0,
        .expect = conf->expect,
        .banner = conf->banner,
        .idle = conf->common.idle,
        .share_port = p->targets.total >= MANY && !conf->wait && !has_rounds(p) && !sock_tracing(),
    };
    for (size_t n = 0; n < p->targets.count; n++) {
        struct target *t = &p->targets.items[n];
        t->owner = p;
        if (has_rounds(p)) t->tallies = mem_new(t->count * sizeof *t->tallies);
    }
    scan_start(&p->scan);
}

static void run_probing(struct probe *p) {
    struct loop *loop = p->call->loop;
    start_probing(p);
    if (p->conf->wait && p->conf->wait != INT64_MAX)
        timer_start(loop, &p->deadline, p->conf->wait, wait_over);
    if (p->watched) timer_start(loop, &p->progress, PROGRESS_AFTER, progress_due);
    begin_round(&p->next_round);
    loop_run(loop);
    timer_stop(&p->deadline);
    timer_stop(&p->progress);
    timer_stop(&p->next_round);
    for (size_t n = 0; n < p->targets.count; n++) timer_stop(&p->targets.items[n].retry);
    scan_stop(&p->scan);
    progress_clear(p);
}

/* --- the source, -b --- */

static void resolve_source(struct probe *p) {
    struct cause cause;
    if (!p->source.type ||
        resolve_wait(p->call->loop, &p->source, p->conf->common.timeout, &p->locals, &cause) == 0)
        return;
    if (!call_over(p->call)) p->status = msg_cause(&cause);
}

/* --- the end --- */

/* What --wait waited for in vain, or why COMMAND does not run: the first port that is not as it
 * shall be. */
static void tell_unmet(const struct probe *p) {
    char name[NET_NAME_TEXT], text[TEXT_SHORT], what[64];
    size_t n = 0;
    if (!p->expired && !has_command(p)) return;
    while (n + 1 < p->targets.count && is_settled(p, &p->targets.items[n])) n++;
    const struct target *t = &p->targets.items[n];
    if (p->expired)
        snprintf(what, sizeof what, "not %s after %s (--wait)", p->conf->gone ? "gone" : "open",
                 text_duration(p->conf->wait, text));
    else
        snprintf(what, sizeof what, "COMMAND is not run");
    scan_name(t->items, name);
    if (t->single)
        msg_error("%s: %s is %s", what, name, scan_state(t->items));
    else
        msg_error("%s: %s to %u: %s", what, name, (unsigned)t->items[t->count - 1].port,
                  p->conf->gone ? "one is open" : "none is open");
}

static bool is_met(const struct probe *p) {
    size_t settled = 0;
    for (size_t n = 0; n < p->targets.count; n++) settled += is_settled(p, &p->targets.items[n]);
    return p->conf->any ? settled > 0 : settled == p->targets.count;
}

static int verdict(const struct probe *p) {
    size_t unresolved = 0;
    if (!p->expired && is_met(p)) return STATUS_OK;
    for (size_t i = 0; i < p->targets.host_count; i++) {
        const struct scan_host *h = p->targets.hosts[i];
        if (!h->why) continue;
        unresolved++;
        if (!p->conf->common.quiet) msg_error("%s", h->why);
    }
    if (!p->conf->common.quiet) tell_unmet(p);
    return p->expired                            ? STATUS_TIMEOUT
           : unresolved == p->targets.host_count ? STATUS_UNRESOLVED
                                                 : STATUS_FAILED;
}

/* Returns only where it cannot, or must not. */
static int become_command(struct probe *p) {
    /* options may have stood behind the operands' new places */
    p->call->operands[p->call->count] = NULL;
    become_prepare(p->call->loop);
    return call_over(p->call) ? STATUS_OK : become_program(p->call->operands + p->call->before);
}

static int probe(struct probe *p) {
    prepare_output(p);
    resolve_source(p);
    if (p->status || call_over(p->call)) return p->status;
    run_probing(p);
    if (!p->status && !call_over(p->call)) show_known(p, true);
    if (!p->status && has_rounds(p)) show_summary(p);
    while (!p->status && !printer_drain(&p->out) && !call_over(p->call)) continue;
    if (p->status || call_over(p->call)) return p->status;
    int status = verdict(p);
    return status == STATUS_OK && has_command(p) ? become_command(p) : status;
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
    printer_free(&p.out);
    return status;
}

const struct applet applet_probe = {
    .name = "probe",
    .summary = "Tell which ports are open; wait for them, then become COMMAND",
    .operands = "[HOST[:PORT] [PORTS]]... [-- COMMAND [ARG]...]",
    .groups = groups,
    .conf_size = sizeof(struct probe_conf),
    .defaults = &defaults,
    .run = run,
};
