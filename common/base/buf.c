#include "common/base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define CAPACITY_LEAST 256

static void slide(struct buf *b) {
    memmove(b->bytes, b->bytes + b->start, b->size);
    b->start = 0;
}

/* realloc(3) would copy the bytes that were dropped as well. */
static void enlarge(struct buf *b, size_t need) {
    size_t capacity = b->capacity ? 2 * b->capacity : CAPACITY_LEAST;
    if (capacity < need) capacity = need;
    char *bytes = mem_resize(NULL, capacity, 1);
    if (b->size) memcpy(bytes, b->bytes + b->start, b->size);
    free(b->bytes);
    *b = (struct buf){.bytes = bytes, .size = b->size, .capacity = capacity};
}

char *buf_reserve(struct buf *b, size_t n) {
    assert(n <= SIZE_MAX / 4 && b->size <= SIZE_MAX / 4);
    size_t need = b->size + n;
    if (need > b->capacity - b->start || !b->bytes) {
        /* Bytes are moved only when half the storage is free: fewer are moved than were dropped
         * since the last time, so that the cost of a byte is constant. */
        if (b->bytes && need <= b->capacity / 2)
            slide(b);
        else
            enlarge(b, need);
    }
    return b->bytes + b->start + b->size;
}

void buf_grown(struct buf *b, size_t n) {
    assert(n <= b->capacity - b->start - b->size);
    b->size += n;
    if (b->size == 0) buf_free(b);
}

void buf_put(struct buf *b, const void *bytes, size_t n) {
    if (n == 0) return;
    memcpy(buf_reserve(b, n), bytes, n);
    buf_grown(b, n);
}

void buf_format(struct buf *b, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n > 0) {
        size_t size = (size_t)n;
        vsnprintf(buf_reserve(b, size + 1), size + 1, fmt, again);
        buf_grown(b, size);
    }
    va_end(again);
}

void buf_drop(struct buf *b, size_t n) {
    assert(n <= b->size);
    b->start += n;
    b->size -= n;
    if (b->size == 0) buf_free(b);
}

void buf_clear(struct buf *b) {
    b->start = 0;
    b->size = 0;
}

void buf_free(struct buf *b) {
    free(b->bytes);
    *b = (struct buf){0};
}
