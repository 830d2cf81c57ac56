#include "common/tty/screen.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/vis.h"
#include "common/io/source.h"
#include "common/tty/row.h"

#define COLUMNS_UNKNOWN 80

/* ECMA-48: CUU, CUF, ED, CUP */
#define UP "\033[%zuA"
#define RIGHT "\033[%zuC"
#define WIPE_BELOW "\033[J"
#define WIPE_ALL "\033[H\033[2J"

bool screen_same(int fd, int other) {
    struct stat a, b;
    if (!isatty(fd) || !isatty(other) || fstat(fd, &a) < 0 || fstat(other, &b) < 0) return false;
    /* /dev/tty is the controlling one by another name */
    return a.st_rdev == b.st_rdev || (tcgetpgrp(fd) >= 0 && tcgetpgrp(other) >= 0);
}

static size_t columns_now(const struct screen *s) {
    struct winsize size;
    return ioctl(s->sink->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                         : COLUMNS_UNKNOWN;
}

/* --- composing --- */

static void put_safe(struct buf *out, struct vis *safe, const char *bytes, size_t n) {
    buf_grown(out, vis_put(safe, bytes, n, buf_reserve(out, vis_bound(n))));
}

/* The last row, and the rows that a terminal made of it when it became narrower. */
static void wipe(struct screen *s) {
    size_t above = s->shown ? s->drawn / columns_now(s) : 0;
    if (above > 0) buf_format(&s->out, UP, above);
    if (s->shown) buf_format(&s->out, "\r" WIPE_BELOW);
}

static void draw(struct screen *s) {
    struct buf line = {.size = 0};
    size_t columns = columns_now(s);
    if (!s->shown) return;
    buf_put(&line, buf_at(&s->tail), s->tail.size);
    size_t cursor = line.size + (s->typing ? s->cursor : 0);
    if (s->typing) buf_put(&line, buf_at(&s->row), s->row.size);
    if (line.size == 0 && s->status.size > 0) {
        cursor = row_fit(buf_at(&s->status), s->status.size, columns - 1);
        buf_put(&line, buf_at(&s->status), cursor);
    }
    s->drawn = row_window(buf_at(&line), line.size, cursor, columns, &s->out);
    if (cursor < line.size) buf_format(&s->out, "\r");
    if (cursor < line.size && s->drawn > 0) buf_format(&s->out, RIGHT, s->drawn);
    buf_free(&line);
}

/* Of a line that is not finished only what is on the terminal's last row must be known. */
static void shorten_tail(struct screen *s) {
    size_t columns = columns_now(s), n;
    while (s->tail.size > 0 &&
           (n = row_fit(buf_at(&s->tail), s->tail.size, columns)) < s->tail.size) {
        if (s->shown) {
            buf_put(&s->out, buf_at(&s->tail), n);
            buf_put(&s->out, "\n", 1);
        }
        buf_drop(&s->tail, n);
    }
}

static size_t up_to_last_newline(const char *text, size_t n) {
    while (n > 0 && text[n - 1] != '\n') n--;
    return n;
}

/* Text that is harmless already. */
static void put_text(struct screen *s, const char *text, size_t n) {
    size_t finished = up_to_last_newline(text, n);
    wipe(s);
    if (finished > 0) {
        if (s->shown) buf_put(&s->out, buf_at(&s->tail), s->tail.size);
        buf_put(&s->out, text, finished);
        buf_free(&s->tail);
    }
    if (!s->shown) buf_put(&s->out, text + finished, n - finished);
    buf_put(&s->tail, text + finished, n - finished);
    shorten_tail(s);
    draw(s);
}

/* The unfinished line goes on elsewhere. */
static void break_tail(struct screen *s) {
    if (s->tail.size > 0) buf_put(&s->out, "\n", 1);
    buf_free(&s->tail);
}

static enum sink_result flush(struct screen *s) {
    enum sink_result result = sink_put(s->sink, buf_at(&s->out), s->out.size);
    buf_clear(&s->out);
    if (result == SINK_FULL) s->full(s);
    return result;
}

/* --- what arrives --- */

static void put_shown(struct screen *s, const char *bytes, size_t n) {
    struct buf text = {.size = 0};
    put_safe(&text, s->safe, bytes, n);
    put_text(s, buf_at(&text), text.size);
    buf_free(&text);
}

void screen_look(void *ctx, const char **bytes, size_t *n, bool *end) {
    struct screen *s = ctx;
    (void)end;
    put_shown(s, *bytes, *n);
    buf_free(&s->looked);
    s->looked = s->out;
    s->out = (struct buf){.size = 0};
    *bytes = buf_at(&s->looked);
    *n = s->looked.size;
}

enum sink_result screen_show(struct screen *s, const char *bytes, size_t n) {
    put_shown(s, bytes, n);
    return flush(s);
}

void screen_line(struct screen *s, const char *line, size_t size) {
    wipe(s);
    if (!s->typing) {
        if (s->shown) buf_put(&s->out, buf_at(&s->tail), s->tail.size);
        break_tail(s);
    }
    buf_put(&s->out, line, size);
    draw(s);
    flush(s);
}

static void divert_line(void *ctx, const char *line, size_t size) { screen_line(ctx, line, size); }

/* --- the last row --- */

/* Wipes off what is there, or begins to have one. */
static void take_row(struct screen *s) {
    wipe(s);
    if (!s->shown) buf_format(&s->out, "\r" WIPE_BELOW);
    s->shown = true;
}

static void set_row(struct screen *s, const char *text, size_t size, size_t cursor) {
    buf_clear(&s->row);
    buf_put(&s->row, text, size);
    s->cursor = cursor;
    s->typing = true;
}

void screen_row(struct screen *s, const char *text, size_t size, size_t cursor) {
    if (!s->able) return;
    take_row(s);
    set_row(s, text, size, cursor);
    draw(s);
    flush(s);
}

static void put_row(struct screen *s) {
    struct vis safe = {.held_size = 0};
    buf_put(&s->out, buf_at(&s->tail), s->tail.size);
    put_safe(&s->out, &safe, buf_at(&s->row), s->row.size);
    put_safe(&s->out, &safe, "", 0);
}

void screen_row_done(struct screen *s, const char *text, size_t size) {
    if (!s->typing) return;
    wipe(s);
    set_row(s, text, size, 0);
    put_row(s);
    buf_put(&s->out, "\n", 1);
    buf_free(&s->tail);
    buf_clear(&s->row);
    draw(s);
    flush(s);
}

void screen_row_off(struct screen *s, bool leave) {
    bool unfinished = s->tail.size + s->row.size > 0;
    if (!s->typing) return;
    wipe(s);
    s->typing = s->shown = false;
    put_row(s);
    buf_free(&s->row);
    if (leave && unfinished) buf_put(&s->out, "\n", 1);
    if (leave) buf_free(&s->tail);
    flush(s);
}

/* When the terminal became somebody else's, the row did too: it is not wiped. */
void screen_status(struct screen *s, const char *text, size_t size) {
    bool background = source_in_background(s->sink->fd),
         begins = size > 0 && !background && s->able;
    if (sink_waiting(s->sink) > 0) return; /* the next one will do */
    if (background && !s->typing) s->shown = false;
    buf_clear(&s->status);
    if (begins) {
        take_row(s);
        buf_put(&s->status, text, size);
        draw(s);
    } else if (s->shown) {
        wipe(s);
        draw(s);
        s->shown = s->typing;
    }
    flush(s);
}

void screen_clear(struct screen *s) {
    if (!s->shown) return;
    buf_format(&s->out, WIPE_ALL);
    draw(s);
    flush(s);
}

void screen_resized(struct screen *s) {
    if (!s->shown) return;
    wipe(s);
    draw(s);
    flush(s);
}

/* --- beginning and end --- */

static void own_ready(struct watch *w, unsigned events) {
    struct screen *s = container_of(w, struct screen, watch);
    (void)events;
    if (sink_flush(s->sink) != SINK_FULL) watch_want(w, 0);
}

static void own_full(struct screen *s) { watch_want(&s->watch, LOOP_WRITE); }

void screen_start(struct screen *s, struct sink *sink, void (*full)(struct screen *s)) {
    *s = (struct screen){.sink = sink, .full = full, .able = msg_draws(sink->fd)};
    s->safe = &s->own_safe;
}

void screen_open(struct screen *s, struct loop *loop, int fd) {
    screen_start(s, &s->own_sink, own_full);
    sink_start(&s->own_sink, fd);
    s->able = msg_draws(fd);
    watch_start(loop, &s->watch, fd, 0, own_ready);
}

void screen_divert(struct screen *s) {
    if (!screen_same(STDERR_FILENO, s->sink->fd)) return;
    s->diverted = true;
    msg_divert(divert_line, s);
}

void screen_stop(struct screen *s) {
    if (!s->sink) return;
    screen_show(s, "", 0);
    screen_status(s, "", 0);
    screen_row_off(s, true);
    break_tail(s);
    flush(s);
    if (s->diverted) msg_divert(NULL, NULL);
    watch_stop(&s->watch);
    sink_free(&s->own_sink);
    buf_free(&s->tail);
    buf_free(&s->row);
    buf_free(&s->status);
    buf_free(&s->out);
    buf_free(&s->looked);
    s->sink = NULL;
}
