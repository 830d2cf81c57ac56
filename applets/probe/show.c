#include "applets/probe/run.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"

#define PROGRESS_AFTER TEXT_NS_PER_S
#define PROGRESS_EVERY (200 * TEXT_NS_PER_MS)

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

void show_progress_start(struct probe *p) {
    if (p->watched) timer_start(p->call->loop, &p->progress, PROGRESS_AFTER, progress_due);
}

void show_progress_stop(struct probe *p) {
    timer_stop(&p->progress);
    progress_clear(p);
}

/* --- the output --- */

static void output_changed(void *owner) {
    struct probe *p = owner;
    if (p->out.status) run_fail(p, p->out.status);
}

/* What has been put into the text goes to stdout, but where a COMMAND will own that to stderr, as
 * narration. */
static void show(struct probe *p) {
    progress_clear(p);
    if (!run_has_command(p)) {
        output_flush_later(&p->out);
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
void show_known(struct probe *p, bool end) {
    for (; p->shown_target < p->targets.count; p->shown_target++, p->shown_item = 0) {
        const struct target *t = &p->targets.items[p->shown_target];
        for (; p->shown_item < t->count; p->shown_item++) {
            const struct scan_item *i = &t->items[p->shown_item];
            if (i->found.state == PORT_UNKNOWN && !end) return;
            if (!is_listed(p, t, i->found.state == PORT_OPEN)) continue;
            report_put(&p->out.text, i, p->format, p->targets.width);
            show(p);
        }
    }
}

void show_summary(struct probe *p) {
    for (size_t n = 0; n < p->targets.count; n++) {
        const struct target *t = &p->targets.items[n];
        for (size_t i = 0; i < t->count; i++) {
            const struct tally *tally = &t->tallies[i];
            if (!tally->tries || !is_listed(p, t, tally->times.count > 0)) continue;
            report_put_summary(&p->out.text, &t->items[i], tally, p->format, p->targets.width);
            show(p);
        }
    }
}

void show_prepare(struct probe *p) {
    bool shows = !run_has_command(p) && !p->conf->common.quiet;
    p->format = p->conf->json                                                ? REPORT_JSON
                : isatty(run_has_command(p) ? STDERR_FILENO : STDOUT_FILENO) ? REPORT_TABLE
                                                                             : REPORT_TABS;
    p->watched = !p->conf->common.quiet && msg_draws(STDERR_FILENO);
    output_start(&p->out, p->call->loop, shows ? STDOUT_FILENO : -1);
    p->out.changed = output_changed;
    p->out.owner = p;
}
