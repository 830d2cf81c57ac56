/* chart: the graphs of all targets on stdout's terminal, drawn again in place after each round. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "applets/probe/run.h"
#include "common/base/msg.h"
#include "common/io/source.h"
#include "common/tty/row.h"

#define STANDARD_COLUMNS 80
#define STANDARD_ROWS 24
#define FEWEST_BARS 8
#define BESIDE_BARS 22 /* columns: gaps, and "at most 2000.00 ms" */

/* ECMA-48: CUU, ED */
#define UP "\033[%zuA"
#define WIPE_BELOW "\r\033[J"

static struct winsize size_of_terminal(void) {
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        size.ws_col = STANDARD_COLUMNS;
    if (size.ws_row == 0) size.ws_row = STANDARD_ROWS;
    return size;
}

static void put_wipe(struct chart *c, struct buf *out) {
    if (c->rows > 0) buf_format(out, UP, c->rows);
    if (c->rows > 0) buf_format(out, WIPE_BELOW);
    c->rows = 0;
}

/* A line that is longer than a row would take two. */
static void put_line(struct probe *p, const struct item *i, size_t columns, struct buf *out) {
    struct buf line = {0};
    size_t beside = (size_t)p->targets.width + BESIDE_BARS;
    size_t bars = columns > beside + FEWEST_BARS ? columns - beside : FEWEST_BARS;
    p->report.name_width = p->targets.width;
    report_put_graph(&p->report, &line, i, bars);
    buf_put(out, buf_at(&line), row_fit(buf_at(&line), line.size - 1, columns - 1));
    buf_put(out, "\n", 1);
    buf_free(&line);
}

/* As many targets as there is room for. */
static void put_lines(struct probe *p, struct buf *out) {
    struct winsize size = size_of_terminal();
    size_t most = size.ws_row > 2 ? size.ws_row - 2u : 1;
    for (const struct item *i = p->items; i && p->chart.rows < most; i = i->next) {
        if (!results_summarized(p, i)) continue;
        put_line(p, i, size.ws_col, out);
        p->chart.rows++;
    }
}

void chart_draw(struct probe *p) {
    struct buf out = {0};
    if (!p->chart.live || p->out.full || source_in_background(STDOUT_FILENO)) return;
    put_wipe(&p->chart, &out);
    put_lines(p, &out);
    output_draw(&p->out, buf_at(&out), out.size);
    buf_free(&out);
}

/* Narration on the same terminal stands above the chart. */
static void narrate(void *ctx, const char *line, size_t size) {
    struct probe *p = ctx;
    struct buf out = {0};
    put_wipe(&p->chart, &out);
    buf_put(&out, line, size);
    put_lines(p, &out);
    output_draw(&p->out, buf_at(&out), out.size);
    buf_free(&out);
}

void chart_start(struct probe *p) {
    p->chart.live = true;
    if (screen_same(STDERR_FILENO, STDOUT_FILENO)) msg_divert(narrate, p);
}

void chart_stop(struct probe *p) {
    if (p->chart.live) msg_divert(NULL, NULL);
    p->chart.live = false;
}
