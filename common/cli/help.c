#include "common/cli/help.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/wrap.h"

#define INDENT ((size_t)28) /* of what is said of an option */
#define NAMES_INDENT ((size_t)15)
#define NAMES_GAP ((size_t)2)
#define MORE_LINES ((size_t)2) /* above those that are named alone */

/* --- a row --- */

/* "-p, --port PORT"; without a letter "--raw". Returns its columns. */
static size_t name_row(const struct opt_row *row, char out[64]) {
    int n = snprintf(out, 64, "%s%.*s%s--%s%s%s", row->letter ? "-" : "", row->letter ? 1 : 0,
                     &row->letter, row->letter ? ", " : "", row->name, row->metavar ? " " : "",
                     row->metavar ? tr(row->metavar) : "");
    return wrap_columns(out, (size_t)n);
}

/* The text of a row, broken into lines that stand under the first. */
static void put_text(struct buf *out, const char *text) {
    size_t width = HELP_WIDTH - INDENT, n;
    for (; (n = strlen(text)) > 0 && wrap_columns(text, n) > width; text += strspn(text, " ")) {
        size_t size = wrap_row(text, n, width);
        buf_format(out, "%.*s\n%*s", (int)size, text, (int)INDENT, "");
        text += size;
    }
    buf_format(out, "%s\n", text);
}

static void explain_row(struct buf *out, const struct opt_row *row) {
    char name[64];
    size_t used = name_row(row, name) + (row->letter ? 2 : 6);
    buf_format(out, "  %s%s", row->letter ? "" : "    ", name);
    if (used + 2 > INDENT)
        buf_format(out, "\n%*s", (int)INDENT, "");
    else
        buf_format(out, "%*s", (int)(INDENT - used), "");
    put_text(out, tr(row->help));
}

/* --- a section: groups of one title that follow each other --- */

struct section {
    const struct opt_command *command;
    const struct opt_group *first, *end;
    bool explained;
};

static bool is_everyday(const struct opt_row *row) { return row->flags & OPT_EVERYDAY; }

/* Calls `put` for each row of the section that does not stand among those of every day. */
static void each_row(struct buf *out, const struct section *s,
                     void (*put)(struct buf *out, const struct opt_row *row)) {
    for (const struct opt_group *g = s->first; g < s->end; g++)
        for (const struct opt_row *row = g->rows; row->name; row++)
            if (!is_everyday(row) && !opt_replaced(s->command, g, row)) put(out, row);
}

/* Names stand side by side; a line ends where the next would not fit. */
static void put_name(struct buf *out, const struct opt_row *row) {
    char name[64];
    size_t size = name_row(row, name), n = 0;
    while (n < out->size && buf_at(out)[out->size - n - 1] != '\n') n++;
    size_t used = wrap_columns(buf_at(out) + out->size - n, n);
    bool first = used == NAMES_INDENT, fits = used + NAMES_GAP + size <= HELP_WIDTH;
    if (first)
        buf_format(out, "%s", name);
    else if (fits)
        buf_format(out, "%*s%s", (int)NAMES_GAP, "", name);
    else
        buf_format(out, "\n%*s%s", (int)NAMES_INDENT, "", name);
}

static void name_section(struct buf *out, const struct section *s) {
    const char *title = tr(s->first->title);
    size_t columns = wrap_columns(title, strlen(title));
    buf_format(out, "  %s%*s", title, (int)(NAMES_INDENT - 2 - columns), "");
    each_row(out, s, put_name);
    buf_format(out, "\n");
}

static void explain_section(struct buf *out, const struct section *s) {
    buf_format(out, tr("\n%s:\n"), tr(s->first->title));
    each_row(out, s, explain_row);
}

static size_t lines_of(const struct buf *text) {
    size_t lines = 0;
    for (size_t i = 0; i < text->size; i++) lines += buf_at(text)[i] == '\n';
    return lines;
}

static size_t measure(const struct section *s,
                      void (*put)(struct buf *out, const struct section *s)) {
    struct buf text = {0};
    put(&text, s);
    size_t lines = lines_of(&text);
    buf_free(&text);
    return lines;
}

static void count_row(struct buf *out, const struct opt_row *row) {
    (void)row;
    buf_put(out, "", 1);
}

static bool is_empty(const struct section *s) {
    struct buf rows = {0};
    each_row(&rows, s, count_row);
    bool empty = rows.size == 0;
    buf_free(&rows);
    return empty;
}

/* --- the whole --- */

#define SECTIONS_MOST 32 /* of one applet */

struct sections {
    struct section items[SECTIONS_MOST];
    size_t count;
};

static void find_sections(struct sections *all, const struct opt_command *command) {
    all->count = 0;
    for (const struct opt_group *g = command->groups; g->rows;) {
        struct section s = {.command = command, .first = g};
        while (g->rows && !strcmp(g->title, s.first->title)) g++;
        s.end = g;
        assert(all->count < SECTIONS_MOST);
        if (!is_empty(&s)) all->items[all->count++] = s;
    }
}

/* From the first on, as long as the lines suffice. */
static void choose_explained(struct sections *all, size_t lines) {
    size_t used = MORE_LINES;
    for (size_t i = 0; i < all->count; i++) used += measure(&all->items[i], name_section);
    for (size_t i = 0; i < all->count; i++) {
        struct section *s = &all->items[i];
        size_t then = used + measure(s, explain_section) - measure(s, name_section);
        s->explained = then <= lines;
        if (s->explained) used = then;
    }
}

static void put_everyday(struct buf *out, const struct opt_command *command) {
    buf_format(out, "%s", tr("\nEveryday options:\n"));
    for (const struct opt_group *g = command->groups; g->rows; g++)
        for (const struct opt_row *row = g->rows; row->name; row++)
            if (is_everyday(row) && !opt_replaced(command, g, row)) explain_row(out, row);
}

static void put_named(struct buf *out, const struct sections *all) {
    bool any = false;
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].explained) continue;
        if (!any) buf_format(out, "%s", tr("\nMore, explained in the manual:\n"));
        any = true;
        name_section(out, &all->items[i]);
    }
}

void help_put(struct buf *out, const struct opt_command *command, size_t lines) {
    struct buf everyday = {0};
    struct sections all;
    put_everyday(&everyday, command);
    size_t used = lines_of(&everyday);
    find_sections(&all, command);
    choose_explained(&all, lines > used ? lines - used : 0);
    buf_put(out, buf_at(&everyday), everyday.size);
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i].explained) explain_section(out, &all.items[i]);
    put_named(out, &all);
    buf_free(&everyday);
}
