/* report: findings as people and programs read them. Pure. */
#ifndef SOCKKIT_PROBE_REPORT_H
#define SOCKKIT_PROBE_REPORT_H

#include "applets/probe/item.h"
#include "applets/probe/series.h"
#include "common/base/buf.h"

enum report_format {
    REPORT_TABS,  /* for programs: five fields */
    REPORT_TABLE, /* for people: columns */
    REPORT_JSON,
};

struct report {
    enum report_format format;
    /* What lines begin with (msg_time), or have as a member; NULL or "": nothing. */
    const char *time;
    /* Columns of a table, the widest so far. */
    int name_width, address_width;
};

/* The columns that the item's name takes where it is shown. */
int report_width(const struct item *i);
/* Puts a line to the end of out: name, state, time, address, banner. */
void report_put(struct report *r, struct buf *out, const struct item *i);
/* Puts the summary of an item, probed at least once, to the end of out. */
void report_put_summary(struct report *r, struct buf *out, const struct item *i);
/* Puts a line with the graph of its last rounds to the end of out, bars in at most `columns`. */
void report_put_graph(struct report *r, struct buf *out, const struct item *i, size_t columns);

#endif
