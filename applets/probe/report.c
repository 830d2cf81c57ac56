#include "applets/probe/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/probe/graph.h"
#include "applets/probe/json.h"
#include "common/base/lang.h"
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

static void put_time(const struct report *r, struct buf *out) {
    if (r->time) buf_format(out, "%s", r->time);
}

static int put_name(struct buf *out, const struct item *i) {
    char name[NET_NAME_TEXT];
    item_name(i, name);
    return put_harmless(out, name, strlen(name));
}

int report_width(const struct item *i) {
    struct buf name = {0};
    int columns = put_name(&name, i);
    buf_free(&name);
    return columns;
}

/* --- lines --- */

/* A name that has several addresses: then it is worth telling which one is meant. */
static bool is_choice(const struct item *i) {
    const struct host *h = item_target(i)->host;
    return i->found.address && h && h->addrs.count > 1;
}

/* What became of the way through a proxy; else why no answer came, where that was not silence;
 * NULL: it was. */
static const char *trouble(const struct finding *f) {
    if (f->why) return f->why;
    bool silence = !f->error || f->error == ETIMEDOUT || f->error == EAGAIN;
    return f->state == PORT_NO_ANSWER && !silence ? lang_error(f->error) : NULL;
}

/* What the service said, or what came instead. */
static void put_said(struct buf *out, const struct finding *f) {
    if (f->said)
        put_harmless(out, f->said, f->said_size);
    else if (trouble(f))
        put_harmless(out, trouble(f), strlen(trouble(f)));
}

static void put_tabs(const struct report *r, struct buf *out, const struct item *i) {
    const struct finding *f = &i->found;
    put_time(r, out);
    put_name(out, i);
    buf_format(out, "\t%s\t%.2f ms\t%s\t", finding_word(f), milliseconds((double)f->took),
               is_choice(i) ? f->address : "");
    put_said(out, f);
    buf_put(out, "\n", 1);
}

static void put_blanks(struct buf *out, int n) { buf_format(out, "%*s", n > 0 ? n : 0, ""); }

static void put_row(struct report *r, struct buf *out, const struct item *i) {
    const struct finding *f = &i->found;
    const char *address = is_choice(i) ? f->address : "";
    int length = (int)strlen(address);
    if (length > r->address_width) r->address_width = length;
    put_time(r, out);
    put_blanks(out, r->name_width + GAP - put_name(out, i));
    char time[TEXT_SHORT];
    snprintf(time, sizeof time, "%.2f ms", milliseconds((double)f->took));
    buf_format(out, "%-*s%*s", STATE_WIDTH + GAP, finding_word(f), TIME_WIDTH, time);
    if (length) buf_format(out, "  %s", address);
    if (f->said || trouble(f)) {
        put_blanks(out,
                   r->address_width ? r->address_width + GAP - (length ? length + GAP : 0) : 0);
        buf_put(out, "  ", GAP);
        put_said(out, f);
    }
    buf_put(out, "\n", 1);
}

/* --- JSON --- */

/* ,"name":"text" */
static void json_member(struct buf *out, const char *name, const char *text, size_t n) {
    buf_format(out, ",\"%s\":", name);
    json_string(out, text, n);
}

/* "host":"db","port":5432: what both kinds of object begin with. A Unix socket has no port. */
static void json_begin(const struct report *r, struct buf *out, const struct item *i) {
    char room[NET_NAME_TEXT], address[ADDR_TEXT];
    bool path = item_target(i)->host && item_target(i)->host->name.path;
    const char *host = path ? item_name(i, room) : item_host(i, address);
    buf_format(out, "{");
    if (r->time && *r->time)
        buf_format(out, "\"time\":\"%.*s\",", (int)strlen(r->time) - 1, r->time);
    buf_format(out, "\"host\":");
    json_string(out, host, strlen(host));
    if (path)
        buf_format(out, ",\"port\":null");
    else
        buf_format(out, ",\"port\":%u", (unsigned)i->port);
}

/* The address that the finding is of; NULL: none was found, or it is a path. */
static const char *address_of(const struct item *i, char room[ADDR_TEXT]) {
    if (item_target(i)->host) return i->found.address;
    return item_host(i, room);
}

static const char *error_of(const struct item *i) {
    const struct host *h = item_target(i)->host;
    if (i->found.state == PORT_UNRESOLVED && h->why) return h->why;
    return finding_why(&i->found);
}

static void put_json(const struct report *r, struct buf *out, const struct item *i) {
    char room[ADDR_TEXT];
    const struct finding *f = &i->found;
    const char *error = error_of(i), *address = address_of(i, room);
    json_begin(r, out, i);
    buf_format(out, ",\"state\":\"%s\",\"ms\":%.3f", finding_word(f),
               milliseconds((double)f->took));
    if (address)
        json_member(out, "address", address, strlen(address));
    else
        buf_format(out, ",\"address\":null");
    if (f->said) json_member(out, "banner", f->said, f->said_size);
    if (error) json_member(out, "error", error, strlen(error));
    buf_format(out, "}\n");
}

void report_put(struct report *r, struct buf *out, const struct item *i) {
    if (r->format == REPORT_JSON)
        put_json(r, out, i);
    else if (r->format == REPORT_TABLE)
        put_row(r, out, i);
    else
        put_tabs(r, out, i);
}

/* --- summaries --- */

static const unsigned percents[] = {50, 95, 99};
#define PERCENTS (sizeof percents / sizeof percents[0])

static double percentile(struct stats *s, size_t n) {
    return milliseconds(stats_percentile(s, percents[n]));
}

static void put_json_times(struct buf *out, struct stats *s) {
    buf_format(out, ",\"min\":%.3f,\"avg\":%.3f,\"max\":%.3f,\"stddev\":%.3f", milliseconds(s->min),
               milliseconds(s->mean), milliseconds(s->max), milliseconds(stats_deviation(s)));
    for (size_t n = 0; n < PERCENTS; n++)
        buf_format(out, ",\"p%u\":%.3f", percents[n], percentile(s, n));
}

/* The last rounds that are kept: ms, or null where it was not open. */
static void put_json_marks(struct buf *out, const struct series *s) {
    for (size_t ago = series_kept(s); ago-- > 0;) {
        const struct mark *m = series_mark(s, ago);
        buf_format(out, ago + 1 == series_kept(s) ? ",\"rounds\":[" : ",");
        if (m->state == PORT_OPEN)
            buf_format(out, "%.3f", milliseconds((double)m->took));
        else
            buf_format(out, "null");
    }
    if (series_kept(s) > 0) buf_format(out, "]");
}

static void put_json_summary(const struct report *r, struct buf *out, const struct item *i) {
    struct series *s = i->series;
    json_begin(r, out, i);
    buf_format(out, ",\"probes\":%llu,\"open\":%llu,\"loss\":%.1f", (unsigned long long)s->rounds,
               (unsigned long long)s->times.count, series_loss(s));
    if (s->times.count) put_json_times(out, &s->times);
    put_json_marks(out, s);
    buf_format(out, "}\n");
}

static void put_text_times(struct buf *out, struct stats *s, const char *gap) {
    buf_format(out, "%smin/avg/max/stddev = %.2f/%.2f/%.2f/%.2f ms", gap, milliseconds(s->min),
               milliseconds(s->mean), milliseconds(s->max), milliseconds(stats_deviation(s)));
    buf_format(out, "%sp50/p95/p99 = %.2f/%.2f/%.2f ms", gap, percentile(s, 0), percentile(s, 1),
               percentile(s, 2));
}

static void put_text_summary(struct report *r, struct buf *out, const struct item *i) {
    struct series *s = i->series;
    const char *gap = r->format == REPORT_TABLE ? "  " : "\t";
    put_time(r, out);
    int columns = put_name(out, i);
    if (r->format == REPORT_TABLE) put_blanks(out, r->name_width - columns);
    buf_format(out, "%s%llu probes%s%llu open%s%.4g%% loss", gap, (unsigned long long)s->rounds,
               gap, (unsigned long long)s->times.count, gap, series_loss(s));
    if (s->times.count) put_text_times(out, &s->times, gap);
    buf_put(out, "\n", 1);
}

void report_put_summary(struct report *r, struct buf *out, const struct item *i) {
    if (r->format == REPORT_JSON)
        put_json_summary(r, out, i);
    else
        put_text_summary(r, out, i);
}

void report_put_graph(struct report *r, struct buf *out, const struct item *i, size_t columns) {
    const char *gap = r->format == REPORT_TABLE ? "  " : "\t";
    put_time(r, out);
    int width = put_name(out, i);
    if (r->format == REPORT_TABLE) put_blanks(out, r->name_width - width);
    buf_format(out, "%s", gap);
    double most = graph_put(out, i->series, columns);
    if (most > 0) buf_format(out, "%sat most %.2f ms", gap, milliseconds(most));
    buf_put(out, "\n", 1);
}
