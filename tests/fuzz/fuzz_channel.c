/* Whatever the members of a room do, each hears what a plain list says, or is cut off for lacking
 * too much. The first bytes choose the sizes, the others what happens. */
#include <stdint.h>
#include <stdio.h>

#define MODEL_CHECK(condition) ((condition) ? (void)0 : abort())
#include "tests/unit/channel_model.h"

static const uint8_t *script;
static size_t script_left;

static unsigned choose(unsigned n) {
    unsigned value = 0;
    for (unsigned most = n; most > 1 && script_left > 0; most >>= 8, script_left--)
        value = value << 8 | *script++;
    return value % n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    script = data;
    script_left = size;
    size_t log = 64 + choose(4000), history = choose(20);
    model_start(log, history);
    while (script_left > 0) model_step();
    model_end_all();
    return 0;
}
