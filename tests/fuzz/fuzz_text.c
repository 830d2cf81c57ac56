/* What is shown of a peer's bytes cannot act on a terminal, however they were cut; and no number,
 * time or size upsets its parser. The first byte chooses the size of a read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/base/vis.h"

static void must_be_harmless(const char *s, size_t n) {
    while (n > 0) {
        uint32_t point = 0;
        int length = utf8_decode(s, n, &point);
        if (length < 1) abort();
        if ((point < 0x20 && point != '\t' && point != '\n') || (point >= 0x7f && point < 0xa0) ||
            utf8_is_bidi(point))
            abort();
        s += length;
        n -= (size_t)length;
    }
}

static size_t show(const char *s, size_t n, size_t step, char *out) {
    struct vis state = {0};
    size_t written = 0;
    while (n > 0) {
        size_t here = step < n ? step : n;
        written += vis_put(&state, s, here, out + written);
        s += here;
        n -= here;
    }
    return written + vis_put(&state, NULL, 0, out + written);
}

static void parse(const char *s, size_t n) {
    char text[64];
    int64_t number;
    uint64_t bytes;
    n = n < sizeof text - 1 ? n : sizeof text - 1;
    memcpy(text, s, n);
    text[n] = 0;
    if (text_time(text, &number) == 0 && number < 0) abort();
    text_number(text, &number);
    text_size(text, &bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    const char *s = (const char *)data + 1;
    size_t n = size - 1, step = 1 + data[0] % 8;
    char *whole = mem_new(n * VIS_SHOWN + VIS_SHOWN), *cut = mem_new(n * VIS_SHOWN + VIS_SHOWN);
    size_t shown = show(s, n, SIZE_MAX, whole);
    if (shown != show(s, n, step, cut) || memcmp(whole, cut, shown) != 0) abort();
    must_be_harmless(whole, shown);
    free(whole);
    free(cut);

    char *quoted = mem_new(vis_quote_bound(64));
    vis_quote(s, n, 64, quoted);
    must_be_harmless(quoted, strlen(quoted));
    free(quoted);
    parse(s, n);
    return 0;
}
