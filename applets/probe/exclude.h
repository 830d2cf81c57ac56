/* exclude: what must not be probed (--exclude). */
#ifndef SOCKKIT_PROBE_EXCLUDE_H
#define SOCKKIT_PROBE_EXCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/probe/item.h"
#include "common/base/msg.h"

/* An opt_row's `parse`: adds the value to a struct exclude_words, which keeps the pointer. */
struct exclude_words {
    const char **items;
    size_t count;
};

const char *exclude_parse(void *field, const char *value);

/* Targets; one that names no ports means all. {0} is empty. */
struct exclude {
    struct target **items;
    size_t count;
};

/* Adds TARGET. `terms` has no standard ports, and outlives the list. 0, or -1 with a cause. */
int exclude_add(struct exclude *x, const struct target_terms *terms, const char *word,
                struct cause *cause);
void exclude_free(struct exclude *x, struct host_table *hosts);

/* True when the item is excluded by its name, or by its only address. */
bool exclude_has_item(const struct exclude *x, const struct item *i);
/* True when the address, with its port, is excluded. */
bool exclude_has_address(const struct exclude *x, const struct addr *a);

#endif
