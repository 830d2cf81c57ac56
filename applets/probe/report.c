#include "applets/probe/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/probe/json.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/base/vis.h"
#include "common/base/width.h"
#include "common/net/name.h"

#define GAP 2          /* blanks between columns */
#define STATE_WIDTH 11 /* "unreachable" */
#define TIME_WIDTH 10  /* "2000.00 ms" */

static double milliseconds(double ns) { return ns / (double)TEXT_NS_PER_MS; }

const char *report_name(const struct scan_item *i, char out[NET_NAME_TEXT]) {
    struct net_name name = i->host->name;
    name.port = i->port;
    return net_name_text(&name, out);
}

/* A banner or a name may have anything in it, and must neither act on a terminal nor be taken for
 * another column or line. Returns how many columns it takes. */
static int put_harmless(struct buf *out, const char *s, size_t n) {
    char *text = buf_reserve(out, vis_bound(n));
    size_t size = vis_whole(s, n, text);
    int columns = 0;
    for (size_t at = 0; at < size;) {
        uint32_t point;
        if (text[at] == '\t' || text[at] == '\n') text[at] = ' ';
        at += utf8_next(text + at, size - at, &point);
        columns += width_of(point);
    }
    buf_grown(out, size);
    return columns;
}

static int put_name(struct buf *out, const struct scan_item *i) {
    char name[NET_NAME_TEXT];
    report_name(i, name);
    return put_harmless(out, name, strlen(name));
}

int report_width(const struct scan_item *i) {
    struct buf name = {0};
    int columns = put_name(&name, i);
    buf_free(&name);
    return columns;
}

static void put_text(struct buf *out, const struct scan_item *i, int width) {
    char time[TEXT_SHORT];
    int columns = put_name(out, i);
    snprintf(time, sizeof time, "%.2f ms", milliseconds((double)i->found.took));
    if (width)
        buf_format(out, "%*s%-*s%*s", width + GAP - columns, "", STATE_WIDTH + GAP,
                   finding_word(&i->found), TIME_WIDTH, time);
    else
        buf_format(out, "\t%s\t%s", finding_word(&i->found), time);
    if (i->found.said) {
        buf_format(out, "%s", width ? "  " : "\t");
        put_harmless(out, i->found.said, i->found.said_size);
    }
    buf_put(out, "\n", 1);
}

/* "host":"db","port":5432: what both kinds of object begin with. A Unix socket has no port. */
static void json_begin(struct buf *out, const struct scan_item *i) {
    const struct net_name *n = &i->host->name;
    char path[NET_NAME_TEXT];
    const char *host = n->path ? net_name_text(n, path) : n->host ? n->host : "localhost";
    buf_format(out, "{\"host\":");
    json_string(out, host, strlen(host));
    if (n->path)
        buf_format(out, ",\"port\":null");
    else
        buf_format(out, ",\"port\":%u", (unsigned)i->port);
}

static void put_json(struct buf *out, const struct scan_item *i) {
    const char *error = i->found.state == PORT_UNRESOLVED && i->host->why ? i->host->why
                        : i->found.error                                  ? strerror(i->found.error)
                                                                          : NULL;
    json_begin(out, i);
    buf_format(out, ",\"state\":\"%s\",\"ms\":%.3f", finding_word(&i->found),
               milliseconds((double)i->found.took));
    if (i->found.said) buf_format(out, ",\"banner\":");
    if (i->found.said) json_string(out, i->found.said, i->found.said_size);
    if (error) buf_format(out, ",\"error\":");
    if (error) json_string(out, error, strlen(error));
    buf_format(out, "}\n");
}

void report_put(struct buf *out, const struct scan_item *i, enum report_format format, int width) {
    if (format == REPORT_JSON)
        put_json(out, i);
    else
        put_text(out, i, format == REPORT_TABLE ? width : 0);
}

static void put_json_summary(struct buf *out, const struct scan_item *i,
                             const struct tally *tally) {
    const struct stats *s = &tally->times;
    json_begin(out, i);
    buf_format(out, ",\"probes\":%llu,\"open\":%llu,\"loss\":%.1f",
               (unsigned long long)tally->tries, (unsigned long long)s->count, tally_loss(tally));
    if (s->count)
        buf_format(out, ",\"min\":%.3f,\"avg\":%.3f,\"max\":%.3f,\"stddev\":%.3f",
                   milliseconds(s->min), milliseconds(s->mean), milliseconds(s->max),
                   milliseconds(stats_deviation(s)));
    buf_format(out, "}\n");
}

static void put_text_summary(struct buf *out, const struct scan_item *i, const struct tally *tally,
                             int width) {
    const struct stats *s = &tally->times;
    const char *gap = width ? "  " : "\t";
    int columns = put_name(out, i);
    buf_format(out, "%*s%s%llu probes%s%llu open%s%.4g%% loss", width ? width - columns : 0, "",
               gap, (unsigned long long)tally->tries, gap, (unsigned long long)s->count, gap,
               tally_loss(tally));
    if (s->count)
        buf_format(out, "%smin/avg/max/stddev = %.2f/%.2f/%.2f/%.2f ms", gap, milliseconds(s->min),
                   milliseconds(s->mean), milliseconds(s->max), milliseconds(stats_deviation(s)));
    buf_put(out, "\n", 1);
}

void report_put_summary(struct buf *out, const struct scan_item *i, const struct tally *tally,
                        enum report_format format, int width) {
    if (format == REPORT_JSON)
        put_json_summary(out, i, tally);
    else
        put_text_summary(out, i, tally, format == REPORT_TABLE ? width : 0);
}
