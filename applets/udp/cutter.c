#include "applets/udp/cutter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static void slide(struct cutter *c) {
    memmove(c->bytes, c->bytes + c->at, c->size - c->at);
    c->size -= c->at;
    c->at = 0;
}

char *cutter_reserve(struct cutter *c, size_t n) {
    if (!c->keep && c->at > 0) slide(c);
    if (c->room - c->size < n) {
        c->room = 2 * c->room + n;
        c->bytes = mem_resize(c->bytes, c->room, 1);
    }
    return c->bytes + c->size;
}

void cutter_grown(struct cutter *c, size_t n) {
    assert(n <= c->room - c->size);
    c->size += n;
}

static bool next_line(struct cutter *c, size_t *size, size_t *used) {
    size_t left = cutter_waiting(c);
    const char *newline = memchr(c->bytes + c->at, '\n', left);
    *size = newline ? (size_t)(newline - (c->bytes + c->at)) : left;
    *used = *size + (newline != NULL);
    return newline || c->ended;
}

static bool next_block(struct cutter *c, size_t *size, size_t *used) {
    size_t left = cutter_waiting(c);
    *size = *used = left < c->block ? left : c->block;
    return left >= c->block || c->ended;
}

static bool next_word(struct cutter *c, const char **bytes, size_t *size) {
    if (c->at == c->count) return false;
    const struct text *word = &c->words[c->at++];
    *bytes = word->bytes;
    *size = word->size;
    return true;
}

bool cutter_next(struct cutter *c, const char **bytes, size_t *size) {
    size_t used = 0;
    if (c->words) return next_word(c, bytes, size);
    if (cutter_waiting(c) == 0 || !(c->block ? next_block : next_line)(c, size, &used))
        return false;
    *bytes = c->bytes + c->at;
    c->at += used;
    return true;
}

void cutter_again(struct cutter *c) {
    assert(c->words || c->keep);
    c->at = 0;
}

void cutter_free(struct cutter *c) {
    free(c->bytes);
    c->bytes = NULL;
    c->size = c->room = c->at = 0;
}
