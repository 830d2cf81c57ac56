#include "applets/probe/run.h"

#include <stdio.h>

#include "common/base/msg.h"
#include "common/base/text.h"

/* What --wait waited for in vain, or why COMMAND does not run: the first port that is not as it
 * shall be. */
static void tell_unmet(const struct probe *p) {
    char name[NET_NAME_TEXT], text[TEXT_SHORT], what[64];
    size_t n = 0;
    if (!p->expired && !run_has_command(p)) return;
    while (n + 1 < p->targets.count && run_is_settled(p, &p->targets.items[n])) n++;
    const struct target *t = &p->targets.items[n];
    if (p->expired)
        snprintf(what, sizeof what, "not %s after %s (--wait)", p->conf->gone ? "gone" : "open",
                 text_duration(p->conf->wait, text));
    else
        snprintf(what, sizeof what, "COMMAND is not run");
    report_name(t->items, name);
    if (t->single)
        msg_error("%s: %s is %s", what, name, finding_word(&t->items->found));
    else
        msg_error("%s: %s to %u: %s", what, name, (unsigned)t->items[t->count - 1].port,
                  p->conf->gone ? "one is open" : "none is open");
}

static bool is_met(const struct probe *p) {
    size_t settled = 0;
    for (size_t n = 0; n < p->targets.count; n++)
        settled += run_is_settled(p, &p->targets.items[n]);
    return p->conf->any ? settled > 0 : settled == p->targets.count;
}

int verdict(const struct probe *p) {
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
