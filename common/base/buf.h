/* buf: a FIFO of bytes. It allocates its storage when the first byte comes and frees it when the
 * last one goes, so that an idle connection holds none. {0} is an empty one. */
#ifndef SOCKKIT_BASE_BUF_H
#define SOCKKIT_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *bytes;
    size_t start, size, capacity; /* the bytes are bytes[start .. start+size) */
};

/* The first byte; valid until the next change. */
static inline const char *buf_at(const struct buf *b) {
    return b->bytes ? b->bytes + b->start : "";
}

/* Puts n bytes at the end. */
void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_format(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Space for n bytes behind the end: the caller writes there, and buf_grown counts what was
 * written. */
char *buf_reserve(struct buf *b, size_t n);
void buf_grown(struct buf *b, size_t n);
/* Takes n <= size bytes from the front. */
void buf_drop(struct buf *b, size_t n);
/* Empties it but keeps the storage, for a buffer that is filled again at once. */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

#endif
