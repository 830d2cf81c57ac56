#include "common/tty/screen.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/base/vis.h"
#include "common/io/source.h"
#include "common/tty/row.h"

#define COLUMNS_UNKNOWN 80

/* Of a long line so many bytes a column are looked at before the cursor, twice as many at most, and
 * behind it: a row of wide characters, joined ones too. */
#define NEAR ((size_t)16)

#define SILENCE (500 * TEXT_NS_PER_MS) /* after it a message without newline is over */

#define LEFT_MOST ((size_t)4096) /* bytes of a line that nobody finished, to be left in full */

/* VT100: DECSC, DECRC; ECMA-48: CUU, ED, CUP */
#define KEEP_CURSOR "\0337"
#define BACK_TO_CURSOR "\0338"
#define UP "\033[%zuA"
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

/* The rows above the cursor's that a terminal made of the last row when it became narrower. A
 * cursor behind a full row waits at its edge. */
static size_t rows_above(const struct screen *s) {
    const char *at = buf_at(&s->drawn);
    size_t left = s->drawn.size, cursor = s->cursor, columns = columns_now(s), rows = 0, fit;
    while (left > 0 && (fit = row_fit(at, left, columns)) < left && cursor >= fit) {
        at += fit;
        left -= fit;
        cursor -= fit;
        rows++;
    }
    return rows;
}

static void wipe(struct screen *s) {
    size_t above = s->shown ? rows_above(s) : 0;
    if (above > 0) buf_format(&s->out, UP, above);
    if (s->shown) buf_format(&s->out, "\r" WIPE_BELOW);
}

/* Whether the unfinished line needs more than the last row; *fit: what one row takes of it. */
static bool tail_too_long(const struct screen *s, size_t columns, size_t *fit) {
    const char *tail = buf_at(&s->tail);
    *fit = row_fit(tail, s->tail.size, columns);
    return *fit < s->tail.size || (s->shown && row_columns(tail, *fit) >= columns);
}

/* Of a line that is not finished only what is on the terminal's last row must be known. */
static void shorten_tail(struct screen *s) {
    size_t columns = columns_now(s), fit;
    while (s->tail.size > 0 && tail_too_long(s, columns, &fit)) {
        if (s->shown) buf_put(&s->out, buf_at(&s->tail), fit);
        if (s->shown) buf_put(&s->out, "\n", 1);
        if (!s->shown) s->columns = 0;
        buf_drop(&s->tail, fit);
        s->broken = s->shown && s->tail.size == 0;
    }
}

/* The place at or before this one where no character is cut in two. */
static size_t whole(const char *text, size_t place) {
    for (int i = 0; i < 3 && place > 0 && (text[place] & 0xc0) == 0x80; i++) place--;
    return place;
}

/* Puts what is to be seen near the cursor; returns where the cursor is in it. What is left out at
 * the beginning changes by large steps, or the row would move with each key. */
static size_t put_near(const struct screen *s, size_t columns, struct buf *text) {
    static const struct gap nothing = {.bytes = NULL};
    const struct gap *line = s->typing && s->line ? s->line : &nothing;
    size_t step = NEAR * columns, steps = line->before / step, cursor;
    size_t first = steps > 1 ? whole(gap_before(line), (steps - 1) * step) : 0;
    size_t after = line->after > step ? whole(gap_after(line), step) : line->after;
    if (first == 0) buf_put(text, buf_at(&s->tail), s->tail.size);
    buf_put(text, gap_before(line) + first, line->before - first);
    cursor = text->size;
    buf_put(text, gap_after(line), after);
    return cursor;
}

static size_t put_status(const struct screen *s, size_t columns, struct buf *text) {
    size_t size = row_fit(buf_at(&s->status), s->status.size, columns - 1);
    buf_put(text, buf_at(&s->status), size);
    return size;
}

/* The cursor is put back to where it was kept: what is behind it may have another width on this
 * terminal. */
static void draw(struct screen *s) {
    struct buf text = {.size = 0};
    size_t columns = columns_now(s);
    if (!s->shown) return;
    shorten_tail(s);
    size_t cursor = put_near(s, columns, &text);
    if (text.size == 0 && s->status.size > 0) cursor = put_status(s, columns, &text);
    buf_clear(&s->drawn);
    s->cursor = row_window(buf_at(&text), text.size, cursor, columns, &s->drawn).bytes;
    buf_put(&s->out, buf_at(&s->drawn), s->cursor);
    if (s->cursor < s->drawn.size) {
        buf_format(&s->out, KEEP_CURSOR);
        buf_put(&s->out, buf_at(&s->drawn) + s->cursor, s->drawn.size - s->cursor);
        buf_format(&s->out, BACK_TO_CURSOR);
    }
    buf_free(&text);
}

static size_t up_to_last_newline(const char *text, size_t n) {
    while (n > 0 && text[n - 1] != '\n') n--;
    return n;
}

/* Text that is harmless already. */
static void put_text(struct screen *s, const char *text, size_t n) {
    bool ended = s->broken && n > 0 && *text == '\n'; /* the row above is at its end already */
    if (n > 0) s->broken = false;
    text += ended;
    n -= ended;
    size_t finished = up_to_last_newline(text, n);
    wipe(s);
    if (finished > 0) {
        if (s->shown) buf_put(&s->out, buf_at(&s->tail), s->tail.size);
        buf_put(&s->out, text, finished);
        buf_free(&s->tail);
    }
    if (!s->shown) buf_put(&s->out, text + finished, n - finished);
    if (s->tail.size == 0) s->columns = columns_now(s);
    buf_put(&s->tail, text + finished, n - finished);
    shorten_tail(s);
    draw(s);
}

static void forget_tail(struct screen *s) {
    timer_stop(&s->silence);
    buf_free(&s->tail);
    s->broken = false;
}

/* The unfinished line goes on elsewhere. */
static void break_tail(struct screen *s) {
    if (s->tail.size > 0) buf_put(&s->out, "\n", 1);
    forget_tail(s);
}

/* The same where the row is ours to draw. */
static void leave_tail(struct screen *s) {
    if (s->shown) buf_put(&s->out, buf_at(&s->tail), s->tail.size);
    break_tail(s);
}

static void end_tail(struct screen *s) {
    wipe(s);
    leave_tail(s);
    draw(s);
}

/* The unfinished line is a message, and no question that waits for its answer. */
static bool is_message(const struct screen *s) {
    return s->whole && s->tail.size > 0 && buf_at(&s->tail)[s->tail.size - 1] != ' ';
}

static void flush(struct screen *s) {
    if (s->output)
        output_draw(s->output, buf_at(&s->out), s->out.size);
    else if (sink_put(s->sink, buf_at(&s->out), s->out.size) == SINK_FULL)
        watch_want(&s->watch, LOOP_WRITE);
    buf_clear(&s->out);
}

/* --- what arrives --- */

static void put_shown(struct screen *s, struct vis *cut, const char *bytes, size_t n) {
    struct buf text = {.size = 0};
    put_safe(&text, cut, bytes, n);
    put_text(s, buf_at(&text), text.size);
    buf_free(&text);
}

static void before_typed(struct screen *s, const struct gap *line) {
    if (line && gap_size(line) > 0 && is_message(s)) end_tail(s);
}

static void silence_over(struct timer *t) {
    struct screen *s = container_of(t, struct screen, silence);
    s->whole = true;
    before_typed(s, s->line);
    flush(s);
}

/* A line ending that follows a message on its own belongs to it. */
static void before_text(struct screen *s, const struct vis *speaker, char first) {
    bool other = speaker && s->speaker && speaker != s->speaker;
    if (s->tail.size > 0 && (s->whole || other) && first != '\n' && first != '\r') end_tail(s);
}

static void after_text(struct screen *s, const struct vis *speaker) {
    s->speaker = speaker;
    s->whole = false;
    if (s->tail.size > 0)
        timer_start(s->loop, &s->silence, SILENCE, silence_over);
    else
        timer_stop(&s->silence);
}

void screen_end_message(struct screen *s) { s->whole = s->tail.size > 0; }

static void show(struct output_view *v, struct vis *cut, const char **bytes, size_t *n) {
    struct screen *s = container_of(v, struct screen, view);
    if (*n > 0) before_text(s, cut, **bytes);
    put_shown(s, cut ? cut : &s->cut, *bytes, *n);
    if (*n > 0)
        after_text(s, cut);
    else if (cut == s->speaker)
        screen_end_message(s);
    buf_free(&s->looked);
    s->looked = s->out;
    s->out = (struct buf){.size = 0};
    *bytes = buf_at(&s->looked);
    *n = s->looked.size;
}

static bool line_open(const struct output_view *v) {
    return container_of(v, const struct screen, view)->tail.size > 0;
}

void screen_line(struct screen *s, const char *line, size_t size) {
    wipe(s);
    if (!s->typing || is_message(s)) leave_tail(s);
    buf_put(&s->out, line, size);
    draw(s);
    flush(s);
}

static void divert_line(void *ctx, const char *line, size_t size) {
    struct screen *s = ctx;
    if (msg_line_is_open() && s->tail.size == 0) buf_put(&s->out, "\n", 1);
    msg_line_open(false);
    screen_line(s, line, size);
}

/* --- the last row --- */

/* Begins to have a row: the unfinished line is on it already. Where that takes several rows, or the
 * terminal has another width by now, what is on the terminal stays as it is. */
static void begin_row(struct screen *s) {
    if (s->tail.size > 0 && s->columns != columns_now(s)) {
        break_tail(s);
        s->broken = true;
    }
    buf_clear(&s->drawn);
    buf_put(&s->drawn, buf_at(&s->tail), s->tail.size);
    s->cursor = s->tail.size;
    s->shown = true;
}

static void take_row(struct screen *s) {
    if (!s->shown) begin_row(s);
    wipe(s);
}

void screen_row(struct screen *s, const struct gap *line) {
    if (!s->able) return;
    before_typed(s, line);
    take_row(s);
    s->line = line;
    s->typing = true;
    draw(s);
    flush(s);
}

static void put_typed(struct buf *out, const char *text, size_t n) {
    buf_grown(out, vis_whole(text, n, buf_reserve(out, vis_bound(n))));
}

/* The row in full, however long. */
static void put_row(struct screen *s, const struct gap *line) {
    buf_put(&s->out, buf_at(&s->tail), s->tail.size);
    if (line) put_typed(&s->out, gap_before(line), line->before);
    if (line) put_typed(&s->out, gap_after(line), line->after);
}

void screen_row_done(struct screen *s, const struct gap *line) {
    if (!s->typing) return;
    before_typed(s, line);
    wipe(s);
    put_row(s, line);
    buf_put(&s->out, "\n", 1);
    s->line = NULL;
    forget_tail(s);
    draw(s);
    flush(s);
}

/* Of a very long line what is seen stays: this may be the end of the run, and the terminal would
 * not take all of it before. */
void screen_row_off(struct screen *s, bool leave) {
    size_t size = s->line ? gap_size(s->line) : 0;
    if (!s->typing) return;
    wipe(s);
    if (size <= LEFT_MOST)
        put_row(s, s->line);
    else
        buf_put(&s->out, buf_at(&s->drawn), s->drawn.size);
    if (leave && s->tail.size + size > 0) buf_put(&s->out, "\n", 1);
    if (leave) forget_tail(s);
    s->line = NULL;
    s->typing = s->shown = false;
    s->columns = columns_now(s);
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

void screen_bell(struct screen *s) {
    buf_put(&s->out, "\a", 1);
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
    uint64_t before = s->sink->taken;
    (void)events;
    if (sink_flush(s->sink) != SINK_FULL) watch_want(w, 0);
    if (s->sink->taken == before) watch_stalled(w);
}

static void divert(struct screen *s) {
    s->diverted = screen_same(STDERR_FILENO, s->sink->fd);
    if (s->diverted) msg_divert(divert_line, s);
}

void screen_start(struct screen *s, struct output *output) {
    int fd = output->sink.fd;
    *s = (struct screen){.view = {.show = show, .line_open = line_open}};
    if (!isatty(fd)) return;
    s->sink = &output->sink;
    s->able = msg_draws(fd);
    s->loop = output->loop;
    s->output = output;
    output_show_by(output, &s->view);
    divert(s);
}

void screen_open(struct screen *s, struct loop *loop, int fd) {
    *s = (struct screen){.sink = &s->own_sink, .loop = loop, .able = msg_draws(fd)};
    sink_start(&s->own_sink, fd);
    watch_start(loop, &s->watch, fd, 0, own_ready);
    divert(s);
}

void screen_stop(struct screen *s) {
    if (!s->sink) return;
    put_shown(s, &s->cut, "", 0);
    screen_status(s, "", 0);
    screen_row_off(s, true);
    break_tail(s);
    flush(s);
    if (s->diverted) msg_divert(NULL, NULL);
    if (s->output) output_show_by(s->output, NULL);
    watch_stop(&s->watch);
    sink_free(&s->own_sink);
    buf_free(&s->tail);
    buf_free(&s->drawn);
    buf_free(&s->status);
    buf_free(&s->out);
    buf_free(&s->looked);
    s->sink = NULL;
}
