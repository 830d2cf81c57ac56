#include "applets/probe/run.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"

#define DRAW_AFTER TEXT_NS_PER_S            /* most runs are over by then */
#define DRAW_WAITING (300 * TEXT_NS_PER_MS) /* with --wait a person wants to know why */
#define DRAW_EVERY (200 * TEXT_NS_PER_MS)
#define BARS 60 /* of a graph that no terminal bounds */

/* --- lines --- */

/* What has been put into the text goes to stdout, but where a COMMAND will own that to stderr, as
 * narration. */
static void show(struct probe *p) {
    if (!run_has_command(p)) {
        output_flush_later(&p->out);
        return;
    }
    msg_note(1, "%.*s", (int)p->out.text.size - 1, buf_at(&p->out.text));
    buf_clear(&p->out.text);
}

bool results_list(const struct probe *p, const struct item *i) {
    if (p->conf->common.quiet || i->found.state == PORT_EXCLUDED) return false;
    return i->goal->single || p->conf->all || item_is_open(i);
}

/* How the next line looks. Where it goes to stderr it is narration, which brings its time itself.
 */
static struct report *report_now(struct probe *p) {
    p->report.name_width = p->targets.width;
    p->report.time = run_has_command(p) ? NULL : msg_time(p->now);
    return &p->report;
}

static void show_item(struct probe *p, const struct item *i) {
    if (!results_list(p, i) || p->chart.live) return;
    report_put(report_now(p), &p->out.text, i);
    show(p);
}

/* Takes the first item out of the list; it is not shown any more. */
static void forget_first(struct probe *p) {
    struct item *i = p->items;
    p->items = i->next;
    if (!p->items) p->items_end = &p->items;
    p->kept--;
    verdict_count(p, i);
    targets_drop(&p->targets, i);
}

/* The item that is next has been dealt with. */
static void pass(struct probe *p) {
    if (p->way->keeps)
        p->next = &(*p->next)->next;
    else
        forget_first(p);
}

void results_show(struct probe *p) {
    while (*p->next && (*p->next)->known && !p->out.full) {
        show_item(p, *p->next);
        pass(p);
    }
}

void results_show_rest(struct probe *p) {
    for (; *p->next; pass(p))
        if (p->expired || (*p->next)->found.state != PORT_UNKNOWN) show_item(p, *p->next);
}

/* --- what the rounds have come to --- */

bool results_summarized(const struct probe *p, const struct item *i) {
    if (p->conf->common.quiet || i->series->rounds == 0) return false;
    return i->goal->single || p->conf->all || i->series->times.count > 0;
}

/* Where no terminal has shown them. */
static void show_graphs(struct probe *p) {
    if (!p->conf->graph || p->chart.live || p->report.format == REPORT_JSON) return;
    for (const struct item *i = p->items; i; i = i->next) {
        if (!results_summarized(p, i)) continue;
        report_put_graph(report_now(p), &p->out.text, i, BARS);
        show(p);
    }
}

void results_summarize(struct probe *p) {
    chart_draw(p);
    show_graphs(p);
    for (const struct item *i = p->items; i; i = i->next) {
        if (!results_summarized(p, i)) continue;
        report_put_summary(report_now(p), &p->out.text, i);
        show(p);
    }
}

/* A line, and its newline, which a note brings itself. */
static void note(struct buf *line) {
    if (line->size > 0) msg_note(0, "%.*s", (int)line->size - 1, buf_at(line));
    buf_free(line);
}

void results_tell(struct probe *p) {
    struct report r = {.format = p->report.format, .name_width = p->targets.width};
    struct buf line = {0};
    if (r.format != REPORT_JSON) r.format = isatty(STDERR_FILENO) ? REPORT_TABLE : REPORT_TABS;
    if (!run_has_rounds(p)) {
        p->way->status(p, &line);
        buf_put(&line, "\n", 1);
        note(&line);
        return;
    }
    for (const struct item *i = p->items; i; i = i->next) {
        if (results_summarized(p, i)) report_put_summary(&r, &line, i);
        note(&line);
    }
}

/* --- the row of progress --- */

/* The screen that stderr is on; NULL: it is none. */
static struct screen *row_of(struct probe *p) {
    if (p->screen.sink && screen_same(STDERR_FILENO, STDOUT_FILENO)) return &p->screen;
    return p->other.sink ? &p->other : NULL;
}

static void draw(struct timer *t) {
    struct probe *p = container_of(t, struct probe, drawing);
    struct buf text = {0};
    p->way->status(p, &text);
    screen_status(row_of(p), buf_at(&text), text.size);
    buf_free(&text);
    timer_start(p->call->loop, t, DRAW_EVERY, draw);
}

static void start_row(struct probe *p) {
    struct loop *loop = p->call->loop;
    if (p->conf->common.quiet || !msg_draws(STDERR_FILENO)) return;
    if (!p->screen.sink || !screen_same(STDERR_FILENO, STDOUT_FILENO))
        screen_open(&p->other, loop, STDERR_FILENO);
    timer_start(loop, &p->drawing, p->conf->wait ? DRAW_WAITING : DRAW_AFTER, draw);
}

static void output_changed(void *owner) {
    struct probe *p = owner;
    if (p->out.status) run_fail(p, p->out.status);
    if (p->out.full || p->out.status) return;
    results_show(p);
    scan_wake(&p->scan);
}

void results_start(struct probe *p) {
    bool shows = !run_has_command(p) && !p->conf->common.quiet;
    bool people = isatty(run_has_command(p) ? STDERR_FILENO : STDOUT_FILENO);
    p->report.format = p->conf->json ? REPORT_JSON : people ? REPORT_TABLE : REPORT_TABS;
    output_start(&p->out, p->call->loop, shows ? STDOUT_FILENO : -1);
    p->out.changed = output_changed;
    p->out.owner = p;
    if (p->conf->graph && !p->conf->json && shows && msg_draws(STDOUT_FILENO)) {
        chart_start(p);
        return;
    }
    screen_start(&p->screen, &p->out);
    start_row(p);
}

void results_stop(struct probe *p) {
    chart_stop(p);
    timer_stop(&p->drawing);
    if (row_of(p)) screen_status(row_of(p), "", 0);
}
