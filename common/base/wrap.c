#include "common/base/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/grapheme.h"

#define TAB 8 /* columns, at most */

static size_t next_columns(const char *s, size_t n, size_t *size) {
    int columns;
    *size = grapheme_next(s, n, &columns);
    return *s == '\t' ? TAB : columns > 0 ? (size_t)columns : 0;
}

size_t wrap_columns(const char *text, size_t n) {
    size_t columns = 0, size;
    for (size_t i = 0; i < n; i += size) columns += next_columns(text + i, n - i, &size);
    return columns;
}

size_t wrap_row(const char *s, size_t n, size_t columns) {
    size_t at = 0, used = 0, blank = 0, size = 0;
    if (n <= columns / TAB) return n;
    for (; at < n; at += size) {
        used += next_columns(s + at, n - at, &size);
        if (used > columns && s[at] != ' ') break;
        if (s[at] == ' ') blank = at;
    }
    if (at == n) return n;
    return blank ? blank : at ? at : size;
}

static size_t blanks(const char *s, size_t n) {
    size_t count = 0;
    while (count < n && s[count] == ' ') count++;
    return count;
}

/* Without the blanks at its end, which a terminal would show in a row of their own. */
static void put_row(const char *s, size_t n, struct buf *out) {
    while (n > 0 && s[n - 1] == ' ') n--;
    buf_put(out, s, n);
}

static void put_rows(const char *s, size_t n, size_t columns, bool indented, struct buf *out) {
    while (n > 0) {
        size_t indent = indented ? WRAP_INDENT : 0;
        size_t size = wrap_row(s, n, columns - indent);
        buf_put(out, "    ", indent);
        if (size < n)
            put_row(s, size, out);
        else
            buf_put(out, s, size);
        size += blanks(s + size, n - size);
        s += size;
        n -= size;
        if (n > 0) buf_put(out, "\n", 1);
        indented = true;
    }
}

void wrap_text(const char *text, size_t n, size_t columns, struct buf *out) {
    put_rows(text, n, columns < WRAP_LEAST ? WRAP_LEAST : columns, false, out);
}

/* One blank stays of several. */
static void squeeze(const char *s, struct buf *out) {
    for (; *s; s++)
        if (s[0] != ' ' || s[1] != ' ') buf_put(out, s, 1);
}

static void put_head(const char *head, size_t columns, struct buf *out) {
    struct buf squeezed = {NULL, 0, 0, 0};
    size_t n = strlen(head);
    if (wrap_columns(head, n) > columns)
        squeeze(head, &squeezed);
    else
        buf_put(&squeezed, head, n);
    wrap_text(buf_at(&squeezed), squeezed.size, columns, out);
    buf_free(&squeezed);
}

void wrap_pair(const char *head, const char *words, size_t at, size_t columns, struct buf *out) {
    size_t used = wrap_columns(head, strlen(head)), n = strlen(words);
    size_t gap = !n ? 0 : used < at ? at - used : 1;
    if (columns < WRAP_LEAST) columns = WRAP_LEAST;
    if (used + gap + wrap_columns(words, n) <= columns) {
        buf_format(out, "%s%*s%s", head, (int)gap, "", words);
        return;
    }
    put_head(head, columns, out);
    if (n > 0) buf_put(out, "\n", 1);
    put_rows(words, n, columns, true, out);
}
