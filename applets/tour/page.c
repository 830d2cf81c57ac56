#include "applets/tour/page.h"

#include <stdio.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/wrap.h"

#define STACKED_BELOW 60 /* columns: two cells beside each other would be too narrow */
#define INDENT ((size_t)8)

/* The columns of a page: two cells, and the arrows between them. On a narrow one the cells stand
 * below each other, the right one indented. */
struct layout {
    size_t cell, middle;
    size_t indent; /* 0: beside each other */
};

static struct layout layout_of(size_t columns) {
    struct layout l = {.middle = columns >= 80 || columns < STACKED_BELOW ? 16 : 10};
    if (columns < PAGE_LEAST) columns = PAGE_LEAST;
    if (columns < STACKED_BELOW) l.indent = INDENT;
    l.cell = l.indent ? columns - l.indent : (columns - l.middle) / 2;
    return l;
}

/* The next row of a text; *text moves behind it. */
static size_t take_row(const char **text, const char **row) {
    size_t n = strcspn(*text, "\n");
    *row = *text;
    *text += n + ((*text)[n] == '\n');
    return n;
}

static void put_blanks(struct buf *out, size_t n) { buf_format(out, "%*s", (int)n, ""); }

static void put_cell(struct buf *out, const char *row, size_t n, size_t columns) {
    size_t used = wrap_columns(row, n);
    buf_put(out, row, n);
    if (used < columns) put_blanks(out, columns - used);
}

/* No blanks at the end of a line. */
static void end_line(struct buf *out) {
    while (out->size > 0 && buf_at(out)[out->size - 1] == ' ') out->size--;
    buf_put(out, "\n", 1);
}

static void put_indented(size_t indent, const char *text, struct buf *out) {
    const char *row;
    while (*text) {
        size_t n = take_row(&text, &row);
        put_blanks(out, indent);
        buf_put(out, row, n);
        end_line(out);
    }
}

/* What an arrow comes from stands above it, its head points to what is below. */
static void put_stacked(struct layout l, const char *left, const char *arrow, const char *right,
                        struct buf *out) {
    bool to_left = strchr(arrow, '<');
    put_indented(to_left ? l.indent : 0, to_left ? right : left, out);
    put_indented(l.indent, arrow, out);
    put_indented(to_left ? 0 : l.indent, to_left ? left : right, out);
}

/* Rows of two cells, the arrow in the first. */
static void put_rows(struct layout l, const char *left, const char *arrow, const char *right,
                     struct buf *out) {
    const char *row;
    if (l.indent) {
        put_stacked(l, left, arrow, right, out);
        return;
    }
    for (bool first = true; first || *left || *right; first = false) {
        size_t n = take_row(&left, &row);
        put_cell(out, row, n, l.cell);
        put_cell(out, first ? arrow : "", first ? strlen(arrow) : 0, l.middle);
        n = take_row(&right, &row);
        buf_put(out, row, n);
        end_line(out);
    }
}

/* " -- 6 bytes --> ", of the width of the middle; "" where nothing crosses. */
static void draw_arrow(char *out, size_t width, const char *label, bool to_right) {
    size_t n = strlen(label), dashes = width - 3 - n - 2, before = dashes / 2;
    memset(out, '-', width);
    out[0] = out[width - 1] = ' ';
    out[to_right ? width - 2 : 1] = '>';
    if (!to_right) out[1] = '<';
    if (n > 0 && n + 6 <= width) {
        size_t at = 2 + before - (before > 0 && to_right);
        out[at] = out[at + n + 1] = ' ';
        memcpy(out + at + 1, label, n);
    }
    out[width] = '\0';
}

/* What a cell says of an event. */
static void describe(const struct page *p, const struct event *e, size_t columns, struct buf *out) {
    char name[24] = "";
    if (e->actor > 0 && p->scene->clients > 1) snprintf(name, sizeof name, "%d: ", e->actor);
    if (*e->call) {
        char call[512];
        snprintf(call, sizeof call, "%s%s", name, e->call);
        wrap_pair(call, e->words, 0, columns, out);
    } else {
        struct buf text = {NULL, 0, 0, 0};
        buf_format(&text, "%s%s", name, e->words);
        wrap_text(buf_at(&text), text.size, columns, out);
        buf_free(&text);
    }
    buf_put(out, "", 1);
}

/* An event, and in the same rows the one that follows, where it is what this one caused. Returns
 * how many were put. */
static size_t put_event(const struct page *p, size_t i, struct layout l, struct buf *out) {
    const struct events *all = &p->stage->events;
    const struct event *e = &all->items[i], *next = e + 1;
    char label[EVENT_LABEL], arrow[64] = "";
    struct buf here = {NULL, 0, 0, 0}, there = {NULL, 0, 0, 0};
    bool left = e->actor != 0;
    bool paired = i + 1 < all->count && next->cause == i + 1 && next->actor != e->actor;
    event_sends(e, label);
    if (*label) draw_arrow(arrow, l.middle, label, left);
    if (!*label && e->cause) draw_arrow(arrow, l.middle, "", !left);
    if (e->kind == EVENT_ICMP) draw_arrow(arrow, l.middle, event_returns(e), !left);
    describe(p, e, l.cell, &here);
    if (paired) describe(p, next, l.cell, &there);
    const char *mine = buf_at(&here), *other = paired ? buf_at(&there) : "";
    put_rows(l, left ? mine : other, arrow, left ? other : mine, out);
    if (e->kind == EVENT_REFUSED) {
        draw_arrow(arrow, l.middle, event_returns(e), !left);
        put_rows(l, "", arrow, "", out);
    }
    buf_free(&here);
    buf_free(&there);
    return paired ? 2 : 1;
}

/* In rows of a page, none of them indented. */
static void put_wrapped(const char *text, size_t columns, struct buf *out) {
    struct buf rows = {NULL, 0, 0, 0};
    const char *at, *row;
    wrap_text(text, strlen(text), columns, &rows);
    buf_put(&rows, "", 1);
    for (at = buf_at(&rows); *at;) {
        size_t n = take_row(&at, &row), indent = strspn(row, " ");
        buf_put(out, row + indent, n - indent);
        buf_put(out, "\n", 1);
    }
    buf_free(&rows);
}

void page_head(const struct page *p, struct buf *out) {
    struct layout l = layout_of(p->columns);
    char title[128];
    snprintf(title, sizeof title, "== %s: %s", p->scene->topic, tr(p->scene->title));
    put_wrapped(title, p->columns, out);
    buf_put(out, "\n", 1);
    put_wrapped(tr(p->scene->about), p->columns, out);
    buf_put(out, "\n", 1);
    put_rows(l, tr(p->scene->clients > 1 ? "CLIENTS" : "CLIENT"), "",
             tr(p->scene->server ? p->scene->server : "SERVER"), out);
}

void page_events(struct page *p, int64_t until, struct buf *out) {
    struct layout l = layout_of(p->columns);
    const struct events *all = &p->stage->events;
    while (p->shown < all->count && all->items[p->shown].at <= until)
        p->shown += put_event(p, p->shown, l, out);
}
