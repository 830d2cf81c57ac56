/* No keys upset the line editor, however reads cut them: what it keeps has a bound, and what is
 * seen fits on the row and is harmless. The first two bytes choose the columns and the size of a
 * read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/tty/editor.h"
#include "common/tty/row.h"

static void check_row(struct editor *e, size_t columns) {
    struct buf seen = {.size = 0};
    size_t cursor = e->line.before, size = gap_size(&e->line), fit;
    const char *text = editor_text(e);
    struct row_cursor at = row_window(text, size, cursor, columns, &seen);
    if (at.column >= columns || row_columns(buf_at(&seen), seen.size) >= columns) abort();
    if (at.bytes > seen.size || row_columns(buf_at(&seen), at.bytes) != at.column) abort();
    for (size_t i = 0; i < seen.size; i++)
        if ((unsigned char)buf_at(&seen)[i] < ' ' || buf_at(&seen)[i] == 0x7f) abort();
    fit = size > 0 ? row_fit(text, size, columns) : 1;
    if (fit == 0 || (size > 0 && fit > size)) abort();
    gap_move(&e->line, cursor);
    buf_free(&seen);
}

static void check_bounds(const struct editor *e) {
    if (gap_size(&e->line) > e->line.room || gap_size(&e->line) > EDITOR_MOST) abort();
    if (e->killed_size > EDITOR_MOST || e->past_bytes > EDITOR_MOST) abort();
    if (e->past_count > EDITOR_PAST || e->key_size >= EDITOR_KEY) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct editor e = {.killed = NULL};
    if (size < 2) return 0;
    size_t columns = data[0] % 100 + 2u, step = data[1] % 8 + 1u;
    for (data += 2, size -= 2; size > 0;) {
        size_t n = size < step ? size : step, left = n;
        const char *keys = (const char *)data;
        while (left > 0) {
            if (editor_feed(&e, &keys, &left) == EDITOR_LINE) editor_next(&e);
            check_bounds(&e);
        }
        if (gap_size(&e.line) < 4096) check_row(&e, columns);
        data += n;
        size -= n;
    }
    editor_free(&e);
    return 0;
}
