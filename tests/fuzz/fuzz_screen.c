/* Whatever arrives, is narrated and is typed while a terminal changes its size: all of it is seen,
 * once and in order, nothing acts on the terminal, the cursor stays on the row, and at the end it
 * stands at the beginning of a line. The input is a list of operations: a byte that chooses one,
 * a byte for its length, and what it is about. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/vt.h"
#include "common/base/vis.h"
#include "common/tty/screen.h"

struct stage {
    struct vt *vt;
    struct loop *loop;
    struct output out;
    struct screen screen;
    struct gap line;
    struct buf expected; /* what was said, narrated and typed, as it is shown, without newlines */
};

static void expect(struct stage *g, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text[i] != '\n') buf_put(&g->expected, text + i, 1);
}

static void expect_safe(struct stage *g, struct vis *safe, const char *text, size_t n) {
    char *shown = mem_new(vis_bound(n));
    expect(g, shown, vis_put(safe, text, n, shown));
    free(shown);
}

static void draw(struct stage *g) {
    vt_take(g->vt);
    while (sink_waiting(&g->out.sink) > 0) {
        sink_flush(&g->out.sink);
        vt_take(g->vt);
    }
    if (vt_column(g->vt) >= g->vt->columns) abort();
}

/* --- the operations --- */

static void say(struct stage *g, const char *text, size_t n) {
    struct vis safe = g->screen.cut;
    if (n == 0) return;
    expect_safe(g, &safe, text, n);
    output_put(&g->out, NULL, text, n);
}

/* What is narrated stands above what of an unfinished line is on the last row. */
static void narrate(struct stage *g, const char *text, size_t n) {
    char line[260];
    struct buf tail = {.size = 0};
    size_t held = g->screen.typing ? g->screen.tail.size : 0;
    (void)text;
    memset(line, '=', n);
    line[n] = '\n';
    buf_put(&tail, buf_at(&g->expected) + g->expected.size - held, held);
    g->expected.size -= held;
    expect(g, line, n);
    screen_line(&g->screen, line, n + 1);
    expect(g, buf_at(&tail), tail.size);
    buf_free(&tail);
}

static void type(struct stage *g, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text[i] != '\n') gap_put(&g->line, text + i, 1); /* Enter is no text */
    screen_row(&g->screen, &g->line);
}

static void move(struct stage *g, const char *text, size_t n) {
    (void)text;
    gap_move(&g->line, gap_size(&g->line) * n / 256);
    screen_row(&g->screen, &g->line);
}

static void finish(struct stage *g, const char *text, size_t n) {
    struct vis safe = {.held_size = 0};
    (void)text;
    (void)n;
    if (!g->screen.typing) return;
    screen_row_done(&g->screen, &g->line);
    expect_safe(g, &safe, gap_text(&g->line), gap_size(&g->line));
    expect_safe(g, &safe, "", 0);
    gap_clear(&g->line);
}

static void turn_off(struct stage *g, const char *text, size_t n) {
    struct vis safe = {.held_size = 0};
    bool typed = g->screen.line != NULL;
    (void)text;
    (void)n;
    screen_row_off(&g->screen, true);
    if (!typed) return;
    expect_safe(g, &safe, gap_text(&g->line), gap_size(&g->line));
    expect_safe(g, &safe, "", 0);
    gap_clear(&g->line);
}

static void resize(struct stage *g, const char *text, size_t n) {
    (void)text;
    vt_resize(g->vt, n % 64 + 2);
    screen_resized(&g->screen);
}

static void (*const operations[])(struct stage *g, const char *text, size_t n) = {
    say, narrate, type, move, finish, turn_off, resize,
};

/* --- one run --- */

static void begin(struct stage *g) {
    *g = (struct stage){.vt = vt_open(20), .loop = loop_new()};
    output_start(&g->out, g->loop, g->vt->slave);
    screen_start(&g->screen, &g->out);
    g->screen.able = true;
}

static void end(struct stage *g) {
    struct vis safe = g->screen.cut;
    struct buf got = {.size = 0};
    if (g->screen.line) finish(g, NULL, 0);
    expect_safe(g, &safe, "", 0);
    screen_stop(&g->screen);
    draw(g);
    if (g->vt->cursor.at != 0) abort();
    for (size_t i = 0; i < g->vt->count; i++)
        buf_put(&got, buf_at(&g->vt->lines[i]), g->vt->lines[i].size);
    if (got.size != g->expected.size || memcmp(buf_at(&got), buf_at(&g->expected), got.size) != 0) {
        fprintf(stderr, "seen     %.*s\nexpected %.*s\n", (int)got.size, buf_at(&got),
                (int)g->expected.size, buf_at(&g->expected));
        abort();
    }
    buf_free(&got);
    buf_free(&g->expected);
    gap_free(&g->line);
    output_stop(&g->out);
    loop_free(g->loop);
    vt_close(g->vt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct stage g;
    char text[256];
    if (size > 4096) return 0;
    begin(&g);
    while (size > 2) {
        size_t n = data[1], there = n < size - 2 ? n : size - 2;
        for (size_t i = 0; i < there; i++) {
            text[i] = (char)(data[2 + i] & 0x7f); /* a byte is a column */
            if (text[i] == '\t') text[i] = ' ';
        }
        bool with_text = *data % 7 == 0 || *data % 7 == 2;
        operations[*data % 7](&g, text, with_text ? there : n);
        draw(&g);
        data += 2 + (with_text ? there : 0);
        size -= 2 + (with_text ? there : 0);
    }
    end(&g);
    return 0;
}
