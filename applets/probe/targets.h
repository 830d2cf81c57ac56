/* targets: all that is asked for, on the command line and in --targets, as items in the order
 * asked. They are made one by one, so that a whole network takes no memory. */
#ifndef SOCKKIT_PROBE_TARGETS_H
#define SOCKKIT_PROBE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/exclude.h"
#include "applets/probe/item.h"
#include "applets/probe/list.h"
#include "applets/probe/target.h"
#include "common/base/msg.h"

struct targets {
    struct target_terms terms;
    struct host_table hosts;
    struct exclude exclude;
    struct list list;
    uint64_t total; /* items of the targets so far */
    bool complete;  /* there are no further targets */
    int width;      /* columns of the longest name so far */
    /* private */
    struct target_terms exclude_terms;
    struct target **given; /* on the command line */
    size_t count, taken;
    struct target *at; /* whose items are being made */
    uint64_t place;
    size_t goal;
    uint32_t port; /* the next one's distance from the first of its goal */
};

/* The TARGET [PORTS]... of the command line, n words. 0, or -1 with a cause (USAGE). */
int targets_add(struct targets *t, char **words, int n, struct cause *cause);
/* A target that is made elsewhere; it is owned from now on. */
void targets_add_target(struct targets *t, struct target *target);
void targets_free(struct targets *t);

enum targets_next {
    TARGETS_ITEM,
    TARGETS_LATER, /* the file gives more later; it tells its `ready` */
    TARGETS_END,
    TARGETS_FAILED, /* with a cause; there are no further ones */
};
/* The next item, whose owner gives it back by targets_drop. One that is excluded is known to be
 * so. */
enum targets_next targets_next(struct targets *t, struct item **out, struct cause *cause);
void targets_drop(struct targets *t, struct item *i);

#endif
