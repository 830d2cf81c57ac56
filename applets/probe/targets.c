#include "applets/probe/targets.h"

#include <stdlib.h>

#include "applets/probe/report.h"
#include "common/base/mem.h"

void targets_add_target(struct targets *t, struct target *target) {
    t->given = mem_resize(t->given, t->count + 1, sizeof(struct target *));
    t->given[t->count++] = target;
}

int targets_add(struct targets *t, char **words, int n, struct cause *cause) {
    for (int at = 0; at < n; at++) {
        const char *word = words[at], *behind = at + 1 < n ? words[at + 1] : NULL;
        bool has_ports = behind && target_takes_ports(&t->terms, word, behind);
        struct target *target = target_parse(&t->terms, word, has_ports ? behind : NULL, cause);
        if (!target) return -1;
        targets_add_target(t, target);
        at += has_ports;
    }
    return 0;
}

void targets_free(struct targets *t) {
    for (size_t n = t->taken; n < t->count; n++) target_release(t->given[n], &t->hosts);
    if (t->at) target_release(t->at, &t->hosts);
    free(t->given);
    exclude_free(&t->exclude, &t->hosts);
    list_close(&t->list);
    ports_free(&t->terms.standard);
}

/* --- one after the other --- */

static enum targets_next next_of_list(struct targets *t, struct cause *cause) {
    char *word, *ports;
    struct cause wrong = {0};
    if (!t->list.name) return TARGETS_END;
    enum list_next found = list_next(&t->list, &word, &ports, cause);
    if (found == LIST_LATER) return TARGETS_LATER;
    if (found == LIST_END) return TARGETS_END;
    if (found == LIST_FAILED) return TARGETS_FAILED;
    t->at = target_parse(&t->terms, word, ports, &wrong);
    if (t->at) return TARGETS_ITEM;
    cause_set(cause, wrong.status, "%s:%llu: %s", t->list.name, (unsigned long long)t->list.number,
              wrong.text);
    return TARGETS_FAILED;
}

static uint64_t address_count(const struct target *t) { return t->host ? 1 : t->range.count; }

/* The longest name is that of the last address and the largest port. */
static int width_of_target(struct target *t) {
    int width = 0;
    for (size_t g = 0; g < t->ports.count; g++) {
        struct item last = {.goal = &t->goals[g],
                            .place = (uint32_t)(address_count(t) - 1),
                            .port = t->ports.items[g].last};
        if (report_width(&last) > width) width = report_width(&last);
    }
    return width;
}

static enum targets_next next_target(struct targets *t, struct cause *cause) {
    enum targets_next found = TARGETS_ITEM;
    if (t->taken < t->count)
        t->at = t->given[t->taken++];
    else
        found = next_of_list(t, cause);
    t->complete = found == TARGETS_END || found == TARGETS_FAILED;
    if (found != TARGETS_ITEM) return found;
    t->place = t->port = 0;
    t->goal = 0;
    int width = width_of_target(t->at);
    if (width > t->width) t->width = width;
    for (size_t g = 0; g < t->at->ports.count; g++) t->total += t->at->goals[g].size;
    return found;
}

/* The cursor goes on by one port: all ports of an address, then the next address. */
static void step(struct targets *t) {
    const struct port_range *r = &t->at->ports.items[t->goal];
    if (r->first + t->port++ < r->last) return;
    t->port = 0;
    if (++t->goal < t->at->ports.count) return;
    t->goal = 0;
    if (++t->place < address_count(t->at)) return;
    target_release(t->at, &t->hosts);
    t->at = NULL;
}

static struct item *make_item(struct targets *t) {
    struct item *i = mem_new(sizeof *i);
    i->goal = &t->at->goals[t->goal];
    i->place = (uint32_t)t->place;
    i->port = (uint16_t)(t->at->ports.items[t->goal].first + t->port);
    if (exclude_has_item(&t->exclude, i)) {
        i->found.state = PORT_EXCLUDED;
        i->goal->excluded++;
    }
    t->at->users++;
    return i;
}

enum targets_next targets_next(struct targets *t, struct item **out, struct cause *cause) {
    if (!t->at) {
        enum targets_next found = t->complete ? TARGETS_END : next_target(t, cause);
        if (found != TARGETS_ITEM) return found;
    }
    *out = make_item(t);
    step(t);
    return TARGETS_ITEM;
}

void targets_drop(struct targets *t, struct item *i) {
    struct target *target = item_target(i);
    finding_clear(&i->found);
    free(i);
    target_release(target, &t->hosts);
}
