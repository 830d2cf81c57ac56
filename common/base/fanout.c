#include "common/base/fanout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void fanout_start(struct fanout *f, size_t size) {
    assert(size > 0);
    *f = (struct fanout){.size = size};
}

void fanout_free(struct fanout *f) {
    free(f->ring);
    f->ring = NULL;
}

uint64_t fanout_oldest(const struct fanout *f) { return f->end > f->size ? f->end - f->size : 0; }

size_t fanout_space(const struct fanout *f, uint64_t slowest) {
    assert(slowest >= fanout_oldest(f) && slowest <= f->end);
    return f->size - (size_t)(f->end - slowest);
}

/* The n bytes of the ring at `position`, or fewer where the ring's storage ends. */
static struct iovec piece_at(const struct fanout *f, uint64_t position, size_t n) {
    size_t at = (size_t)(position % f->size), straight = f->size - at;
    return (struct iovec){f->ring + at, n < straight ? n : straight};
}

void fanout_append(struct fanout *f, const void *bytes, size_t n) {
    assert(n <= f->size);
    if (!f->ring) f->ring = mem_resize(NULL, f->size, 1);
    for (const char *from = bytes; n;) {
        struct iovec piece = piece_at(f, f->end, n);
        memcpy(piece.iov_base, from, piece.iov_len);
        from += piece.iov_len;
        f->end += piece.iov_len;
        n -= piece.iov_len;
    }
}

int fanout_pieces(const struct fanout *f, uint64_t position, size_t most, struct iovec pieces[2]) {
    assert(position >= fanout_oldest(f) && position <= f->end);
    size_t n = (size_t)(f->end - position);
    int count = 0;
    for (n = n < most ? n : most; n; n -= pieces[count++].iov_len) {
        pieces[count] = piece_at(f, position, n);
        position += pieces[count].iov_len;
    }
    return count;
}
