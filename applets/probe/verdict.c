#include "applets/probe/run.h"

#include <stdio.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/msg.h"
#include "common/base/text.h"

#define UNRESOLVED_TOLD 16 /* names */

bool verdict_is_settled(const struct probe *p, const struct goal *g, uint64_t open) {
    if (g->excluded == g->size) return true;
    if (run_enough(p)) return open == g->size - g->excluded;
    return (open > 0) != p->conf->gone;
}

/* --- counting --- */

/* "127.0.0.1:80 is closed", "127.0.0.1:1 to 127.0.0.1:9: none is open". */
static void note_unmet(struct probe *p, const struct item *last) {
    const struct goal *g = last->goal;
    char name[GOAL_NAME];
    struct verdict *v = &p->verdict;
    if (v->unmet[0]) return;
    goal_name(g, name);
    if (g->single)
        snprintf(v->unmet, sizeof v->unmet, tr("%s is %s"), name, tr(finding_word(&last->found)));
    else
        snprintf(v->unmet, sizeof v->unmet,
                 tr(p->conf->gone ? "%s: one is open" : "%s: none is open"), name);
}

static void note_unresolved(struct verdict *v, struct host *h) {
    if (h->told || !h->why) return;
    h->told = true;
    if (v->unresolved_hosts++ < UNRESOLVED_TOLD) buf_format(&v->unresolved, "%s\n", h->why);
}

void verdict_count(struct probe *p, const struct item *i) {
    struct verdict *v = &p->verdict;
    struct goal *g = i->goal;
    struct host *h = item_target(i)->host;
    bool excluded = i->found.state == PORT_EXCLUDED;
    v->items += !excluded;
    v->open += item_is_open(i);
    v->resolved += i->found.state != PORT_UNRESOLVED && !excluded;
    if (i->found.state == PORT_UNRESOLVED) note_unresolved(v, h);
    g->counted_open += item_is_open(i);
    if (++g->counted < g->size || g->excluded == g->size) return;
    v->goals++;
    if (verdict_is_settled(p, g, g->counted_open))
        v->settled++;
    else
        note_unmet(p, i);
}

/* --- the end --- */

static bool is_met(const struct probe *p) {
    const struct verdict *v = &p->verdict;
    uint64_t enough = run_enough(p);
    return !p->expired && (enough ? v->open >= enough : v->settled == v->goals);
}

static void tell_unresolved(const struct verdict *v) {
    const char *line = buf_at(&v->unresolved), *end = line + v->unresolved.size;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        msg_error("%.*s", (int)(stop - line), line);
        line = stop + 1;
    }
    if (v->unresolved_hosts > UNRESOLVED_TOLD)
        msg_error("%llu more names could not be resolved",
                  (unsigned long long)(v->unresolved_hosts - UNRESOLVED_TOLD));
}

/* What --wait waited for in vain, or why COMMAND does not run: the first goal that is not as it
 * shall be. */
static void tell_unmet(const struct probe *p) {
    const struct verdict *v = &p->verdict;
    char text[TEXT_SHORT], what[96];
    if (!p->expired && !run_has_command(p)) return;
    if (p->expired)
        snprintf(what, sizeof what,
                 tr(p->conf->gone ? "not gone after %s (--wait)" : "not open after %s (--wait)"),
                 text_duration(p->conf->wait, text));
    else
        snprintf(what, sizeof what, "%s", tr("COMMAND is not run"));
    if (run_enough(p))
        msg_error("%s: %llu of %llu ports are open", what, (unsigned long long)v->open,
                  (unsigned long long)v->items);
    else
        msg_error("%s: %s", what, v->unmet);
}

int verdict(struct probe *p) {
    const struct verdict *v = &p->verdict;
    for (const struct item *i = p->items; i; i = i->next) verdict_count(p, i);
    if (v->items == 0 && !p->expired) {
        msg_error("there is nothing to probe");
        return STATUS_USAGE;
    }
    if (is_met(p)) return STATUS_OK;
    if (!p->conf->common.quiet) tell_unresolved(v);
    if (!p->conf->common.quiet) tell_unmet(p);
    return p->expired ? STATUS_TIMEOUT : v->resolved == 0 ? STATUS_UNRESOLVED : STATUS_FAILED;
}
