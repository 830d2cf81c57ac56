/* However a stream is cut into reads, the messages are the same. The first two bytes choose the
 * limit of a line and the size of a read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/line.h"

static void note(struct buf *log, enum line_kind kind, const char *text, size_t size, size_t most) {
    if (kind == LINE_NONE) return;
    if (kind == LINE_MESSAGE && size > most) abort();
    buf_put(log, kind == LINE_MESSAGE ? "m" : "l", 1);
    if (kind == LINE_MESSAGE) buf_put(log, text, size);
    buf_put(log, "\n", 1);
}

static void feed(struct buf *log, const char *s, size_t n, size_t most, size_t step) {
    struct line l;
    const char *text = NULL;
    size_t size = 0;
    line_start(&l, most);
    while (n > 0) {
        size_t here = step < n ? step : n;
        n -= here;
        for (;;) {
            enum line_kind kind = line_next(&l, &s, &here, &text, &size);
            if (kind == LINE_NONE) break;
            note(log, kind, text, size, most);
        }
        if (here) abort();
    }
    note(log, line_end(&l, &text, &size), text, size, most);
    line_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    struct buf whole = {0}, cut = {0};
    size_t most = 1 + data[0] % 32;
    const char *stream = (const char *)data + 2;
    feed(&whole, stream, size - 2, most, SIZE_MAX);
    feed(&cut, stream, size - 2, most, 1 + data[1] % 8);
    if (whole.size != cut.size ||
        (whole.size && memcmp(buf_at(&whole), buf_at(&cut), whole.size) != 0))
        abort();
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
