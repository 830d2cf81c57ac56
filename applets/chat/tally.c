#include "applets/chat/tally.h"

#include <string.h>

#define PATIENCE 1024 /* lines */

void tally_free(struct tally *t) { buf_free(&t->ends); }

static size_t count(const struct tally *t) { return t->ends.size / sizeof t->end; }

void tally_add(struct tally *t, size_t n, bool line) {
    t->end += n;
    if (line) buf_put(&t->ends, &t->end, sizeof t->end);
}

bool tally_is_long(const struct tally *t) { return count(t) > t->patience + PATIENCE; }

static uint64_t first_end(const struct tally *t) {
    uint64_t end;
    memcpy(&end, buf_at(&t->ends), sizeof end);
    return end;
}

size_t tally_left(struct tally *t, uint64_t taken) {
    while (t->ends.size > 0 && first_end(t) <= taken) buf_drop(&t->ends, sizeof taken);
    t->patience = 2 * count(t);
    return count(t);
}
