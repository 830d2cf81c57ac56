/* run: one run of probe: what was asked for, how far it has come, and what has been shown. */
#ifndef SOCKKIT_PROBE_RUN_H
#define SOCKKIT_PROBE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/report.h"
#include "applets/probe/scan.h"
#include "applets/probe/targets.h"
#include "common/base/addrs.h"
#include "common/cli/applet.h"
#include "common/io/output.h"
#include "common/net/name.h"

/* What the command line says. */
struct probe_conf {
    struct common_conf common;
    const char *ports, *send, *expect;
    bool udp, all, any, gone, json, banner;
    int64_t jobs, wait, count, interval; /* wait, count 0, interval -1: not given */
};

/* {0} but for the first three. */
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
    struct output out;
    enum report_format format;
    size_t shown_target, shown_item; /* the first that has not been shown */
    bool watched, drawn;             /* stderr is a terminal; the progress stands on it */
};

/* --- run.c --- */

/* Probes until the run is over: all known, the rounds done, the waiting at its end, or the loop
 * stopped by somebody else. A failure is told, and is in p->status. */
void run_probing(struct probe *p);
/* -c or -I: several rounds. */
bool run_has_rounds(const struct probe *p);
bool run_has_command(const struct probe *p);
/* Whether it is as it shall be: open, or with --gone not. */
bool run_is_settled(const struct probe *p, const struct target *t);
/* The run ends with this exit status, unless it has failed before. */
void run_fail(struct probe *p, int status);

/* --- show.c: the results, in the order asked, and the progress at a terminal --- */

void show_prepare(struct probe *p);
/* Results as soon as all before them are known; at the end whatever is known. */
void show_known(struct probe *p, bool end);
/* What the rounds have come to. */
void show_summary(struct probe *p);
/* Shows the progress now and then, from a second on. */
void show_progress_start(struct probe *p);
void show_progress_stop(struct probe *p);

/* --- verdict.c --- */

/* The exit status of a run that was not cut off; what was not as it shall be is told. */
int verdict(const struct probe *p);

#endif
