/* report: findings as people and programs read them. Pure. */
#ifndef SOCKKIT_PROBE_REPORT_H
#define SOCKKIT_PROBE_REPORT_H

#include "applets/probe/scan.h"
#include "applets/probe/stats.h"
#include "common/base/buf.h"

enum report_format {
    REPORT_TABS,
    REPORT_TABLE, /* for people: the first column is `width` columns wide */
    REPORT_JSON,
};

/* "db:5432", "unix:/run/x"; returns out. */
const char *report_name(const struct scan_item *i, char out[NET_NAME_TEXT]);
/* The columns that the name takes where it is shown. */
int report_width(const struct scan_item *i);
/* Puts a line to the end of out: name, state, time, banner. */
void report_put(struct buf *out, const struct scan_item *i, enum report_format format, int width);
/* Puts the summary of an item, probed at least once, to the end of out. */
void report_put_summary(struct buf *out, const struct scan_item *i, const struct tally *tally,
                        enum report_format format, int width);

#endif
