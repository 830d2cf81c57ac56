/* vt: a terminal as far as screen.c needs one, for its tests: a pty of any width, and what a
 * terminal that rewraps its rows when it becomes narrower or wider (as tmux does) would show of
 * what was written there. A byte is a column. A control sequence that it does not know aborts. */
#ifndef SOCKKIT_UNIT_VT_H
#define SOCKKIT_UNIT_VT_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define VT_LINES 8192

struct vt_place {
    size_t line, at; /* `at` counts on over the rows of a line that was wrapped */
    bool edge;       /* behind the last column of a row, on which the cursor waits */
};

struct vt {
    int master, slave;
    size_t columns, count, bells;
    struct buf lines[VT_LINES];
    struct vt_place cursor, kept;
};

static inline void vt_resize(struct vt *t, size_t columns) {
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = 24};
    struct vt_place *c = &t->cursor;
    if (ioctl(t->slave, TIOCSWINSZ, &size) < 0) abort();
    t->columns = columns;
    c->edge = c->at > 0 && c->at % columns == 0 && c->at == t->lines[c->line].size;
}

static inline struct vt *vt_open(size_t columns) {
    struct vt *t = mem_new(sizeof *t);
    t->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0) abort();
    t->slave = open(ptsname(t->master), O_RDWR | O_NOCTTY);
    if (t->slave < 0 || fcntl(t->master, F_SETFL, O_NONBLOCK) < 0) abort();
    t->count = 1;
    vt_resize(t, columns);
    return t;
}

static inline void vt_close(struct vt *t) {
    for (size_t i = 0; i < t->count; i++) buf_free(&t->lines[i]);
    close(t->slave);
    close(t->master);
    free(t);
}

static inline size_t vt_row(const struct vt *t) {
    return (t->cursor.at - t->cursor.edge) / t->columns;
}

static inline size_t vt_column(const struct vt *t) {
    return t->cursor.at - t->cursor.edge - vt_row(t) * t->columns;
}

static inline size_t vt_last_row(const struct vt *t, size_t line) {
    size_t size = t->lines[line].size;
    return size > 0 ? (size - 1) / t->columns : 0;
}

/* Cuts the cursor's line off behind the cursor, and what is below it. */
static inline void vt_erase(struct vt *t) {
    struct buf *line = &t->lines[t->cursor.line], rest = {.size = 0};
    while (t->count > t->cursor.line + 1) buf_free(&t->lines[--t->count]);
    if (t->cursor.at >= line->size) return;
    buf_put(&rest, buf_at(line), t->cursor.at);
    buf_free(line);
    *line = rest;
}

static inline void vt_print(struct vt *t, char byte) {
    struct vt_place *c = &t->cursor;
    struct buf *line = &t->lines[c->line];
    while (line->size < c->at) buf_put(line, " ", 1);
    if (c->at == line->size)
        buf_put(line, &byte, 1);
    else
        line->bytes[line->start + c->at] = byte;
    c->edge = ++c->at % t->columns == 0;
}

static inline void vt_down(struct vt *t) {
    size_t row = vt_row(t), column = vt_column(t);
    t->cursor.edge = false;
    if (row < vt_last_row(t, t->cursor.line)) {
        t->cursor.at += t->columns;
        return;
    }
    if (++t->cursor.line == VT_LINES) abort();
    if (t->cursor.line == t->count) t->count++;
    t->cursor.at = column;
}

static inline void vt_up(struct vt *t) {
    size_t row = vt_row(t), column = vt_column(t);
    t->cursor.edge = false;
    if (row == 0 && t->cursor.line == 0) return;
    row = row > 0 ? row - 1 : vt_last_row(t, --t->cursor.line);
    t->cursor.at = row * t->columns + column;
}

static inline void vt_clear(struct vt *t) {
    t->cursor = (struct vt_place){.line = 0};
    vt_erase(t);
}

/* Returns how long the sequence is that an ESC begins. */
static inline size_t vt_escape(struct vt *t, const char *s) {
    size_t rows = 0, size;
    if (s[1] == '7') t->kept = t->cursor;
    if (s[1] == '8') t->cursor = t->kept;
    if (s[1] == '7' || s[1] == '8') return 2;
    if (s[1] != '[') abort();
    for (size = 2; s[size] >= '0' && s[size] <= '9'; size++)
        rows = rows * 10 + (size_t)(s[size] - '0');
    if (s[size] == 'A')
        while (rows-- > 0) vt_up(t);
    else if (s[size] == 'J')
        (rows == 2 ? vt_clear : vt_erase)(t);
    else if (s[size] != 'H')
        abort();
    return size + 1;
}

static inline void vt_write(struct vt *t, const char *s, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t size = 1;
        if (s[i] == '\033')
            size = vt_escape(t, s + i);
        else if (s[i] == '\r')
            t->cursor.at = vt_row(t) * t->columns, t->cursor.edge = false;
        else if (s[i] == '\n')
            vt_down(t);
        else if (s[i] == '\a')
            t->bells++;
        else if (s[i] >= ' ' && s[i] < 0x7f)
            vt_print(t, s[i]);
        else
            abort();
        i += size;
    }
}

/* Takes what was written to the pty; returns how much that was. */
static inline size_t vt_take(struct vt *t) {
    struct buf all = {.size = 0};
    char bytes[4096];
    ssize_t n;
    while ((n = read(t->master, bytes, sizeof bytes)) > 0) buf_put(&all, bytes, (size_t)n);
    size_t size = all.size;
    buf_put(&all, "\0\0\0", 3);
    vt_write(t, buf_at(&all), size);
    buf_free(&all);
    return size;
}

#endif
