/* run: one run of probe: what was asked for, how far it has come, and what has been shown. */
#ifndef SOCKKIT_PROBE_RUN_H
#define SOCKKIT_PROBE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/exclude.h"
#include "applets/probe/question.h"
#include "applets/probe/report.h"
#include "applets/probe/scan.h"
#include "applets/probe/targets.h"
#include "common/base/addrs.h"
#include "common/base/buf.h"
#include "common/cli/applet.h"
#include "common/io/output.h"
#include "common/loop/sig.h"
#include "common/net/name.h"
#include "common/tty/screen.h"

struct probe;

/* A way of probing, chosen once. */
struct way {
    /* Items are kept to the end of the run. */
    bool keeps;
    /* The item's state is known. */
    void (*known)(struct probe *p, struct item *i);
    /* The same, or all targets have been read: is the run over, or the round? */
    void (*advance)(struct probe *p);
    /* What a person who watches is told of it; to the end of out. */
    void (*status)(const struct probe *p, struct buf *out);
};
extern const struct way way_once, way_wait, way_rounds;

/* What the run has come to, of the items that are done with. {0} at the beginning. */
struct verdict {
    uint64_t goals, settled, open, items, resolved;
    uint64_t unresolved_hosts;
    struct buf unresolved;      /* why the first of them are not, a line each */
    char unmet[GOAL_NAME + 32]; /* the first goal that is not as it shall be; "": none */
};

/* The graphs on a terminal. */
struct chart {
    bool live;
    size_t rows; /* that stand there above the cursor */
};

/* What the command line says. */
struct probe_conf {
    struct common_conf common;
    struct texts_conf texts;
    struct proxy_conf proxy;
    const char *ports, *list, *send, *send_file, *expect, *expect_regex, *status;
    struct exclude_words exclude;
    bool udp, all, any, gone, json, banner, graph;
    int64_t jobs, wait, count, interval, at_least; /* interval -1, others 0: not given */
};

/* {0} but for the first two. */
struct probe {
    struct call *call;
    const struct probe_conf *conf;
    const struct way *way;
    struct expect expect;
    struct buf payload; /* --send-file */
    struct targets targets;
    struct net_name source, proxy;
    struct addrs locals; /* of the source */
    struct scan scan;
    /* The run. */
    struct item *items, **items_end; /* in the order asked; without way->keeps those not shown */
    uint64_t kept;                   /* so many */
    uint64_t pending, done, open;    /* items that are being tried; that are known; and open */
    uint64_t goals, settled;         /* --wait */
    uint64_t rounds;                 /* that are over */
    int64_t began;                   /* the last one */
    struct timer next_round, deadline;
    bool enough;  /* --any, --at-least */
    bool expired; /* --wait */
    int status;   /* of what went wrong here */
    struct verdict verdict;
    /* What is shown. */
    struct output out;
    struct report report;
    char now[MSG_TIME];
    struct item **next;          /* points to the item to be shown next */
    struct screen screen, other; /* stdout's terminal; stderr's, where that is another */
    struct timer drawing;
    struct chart chart;
    struct sig_watch asked[2]; /* SIGQUIT, SIGUSR1 */
};

/* --- prepare.c --- */

/* Turns p->conf and the operands into what is asked. 0; or the exit status, having told why. */
int run_prepare(struct probe *p);

/* --- run.c --- */

/* Probes until the run is over: all is known, the rounds are done, the waiting is at its end, or
 * somebody else stopped the loop. A failure is told, and is in p->status. */
void run_probing(struct probe *p);
/* Frees what the run holds, and what it was asked for. */
void run_free(struct probe *p);
/* Tries the item (again). */
void run_try(struct probe *p, struct item *i);
/* The run ends with this exit status, unless it has failed before. */
void run_fail(struct probe *p, int status);
bool run_has_rounds(const struct probe *p);
bool run_has_command(const struct probe *p);
/* So many open ports are enough; 0: all are wanted. */
uint64_t run_enough(const struct probe *p);
/* The proxy to go through; NULL: none. */
const struct proxy_url *run_proxy(const struct probe *p);
/* Nothing is left to be tried, nor to be read. */
bool run_is_idle(const struct probe *p);

/* --- results.c: the results, in the order asked, and a row of progress at a terminal --- */

void results_start(struct probe *p);
void results_stop(struct probe *p);
/* Shows items that are known as soon as all before them are; without way->keeps they are counted
 * for the verdict, and gone. */
void results_show(struct probe *p);
/* At the end: whatever is known, and where the waiting ran out what is not, too. */
void results_show_rest(struct probe *p);
/* What the rounds have come to. */
void results_summarize(struct probe *p);
/* What they have come to so far, or how far the run is, on stderr. */
void results_tell(struct probe *p);
/* True when the item has a summary. */
bool results_summarized(const struct probe *p, const struct item *i);
/* True when the item has a line. */
bool results_list(const struct probe *p, const struct item *i);

/* --- chart.c --- */

void chart_start(struct probe *p);
/* A round is over. */
void chart_draw(struct probe *p);
/* The last one stays. Also when it was never started. */
void chart_stop(struct probe *p);

/* --- verdict.c --- */

/* The item is done with. */
void verdict_count(struct probe *p, const struct item *i);
/* The exit status of a run that was not cut off, when the items that it has kept are counted, too;
 * what is not as it shall be is told. */
int verdict(struct probe *p);
/* Whether a goal of which so many items are open is as it shall be. */
bool verdict_is_settled(const struct probe *p, const struct goal *g, uint64_t open);

#endif
