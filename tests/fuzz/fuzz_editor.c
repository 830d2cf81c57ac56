/* No keys upset the line editor, however reads cut them: the cursor stands in the line, and what is
 * seen fits on the row and is harmless. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/tty/editor.h"
#include "common/tty/row.h"

static void check_row(const struct editor *e, size_t columns) {
    struct buf seen = {.size = 0};
    const char *text = e->text ? e->text : "";
    size_t at = row_window(text, e->size, e->cursor, columns, &seen);
    if (at >= columns || row_columns(buf_at(&seen), seen.size) >= columns) abort();
    for (size_t i = 0; i < seen.size; i++)
        if ((unsigned char)buf_at(&seen)[i] < ' ' || buf_at(&seen)[i] == 0x7f) abort();
    if (e->size > 0 &&
        (row_fit(text, e->size, columns) == 0 || row_fit(text, e->size, columns) > e->size))
        abort();
    buf_free(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct editor e = {.text = NULL};
    if (size < 2) return 0;
    size_t columns = data[0] % 100 + 2u, step = data[1] % 8 + 1u;
    for (data += 2, size -= 2; size > 0;) {
        size_t n = size < step ? size : step, left = n;
        const char *keys = (const char *)data;
        while (left > 0) {
            if (editor_feed(&e, &keys, &left) == EDITOR_LINE) editor_next(&e);
            if (e.cursor > e.size || e.key_size >= EDITOR_KEY) abort();
        }
        check_row(&e, columns);
        data += n;
        size -= n;
    }
    editor_free(&e);
    return 0;
}
