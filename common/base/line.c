#include "common/base/line.h"

#include <string.h>

void line_start(struct line *l, size_t most) { *l = (struct line){.most = most}; }

void line_free(struct line *l) { buf_free(&l->part); }

/* Frees the message that the last call lent out. */
static void release(struct line *l) {
    if (l->lent) buf_free(&l->part);
    l->lent = false;
}

static enum line_kind give_part(struct line *l, const char **text, size_t *size, size_t length) {
    l->lent = true;
    *text = buf_at(&l->part);
    *size = length;
    return LINE_MESSAGE;
}

static enum line_kind skip_rest(struct line *l) {
    buf_free(&l->part);
    l->skipping = true;
    return LINE_TOO_LONG;
}

/* The n > 0 bytes at s have no newline: they are kept in `part` until one comes. */
static enum line_kind keep(struct line *l, const char *s, size_t n) {
    if (l->skipping) return LINE_NONE;
    size_t length = l->part.size + n;
    /* One byte more is allowed where it is a CR: it may belong to the line ending. */
    if (length > l->most && !(length == l->most + 1 && s[n - 1] == '\r')) return skip_rest(l);
    buf_put(&l->part, s, n);
    return LINE_NONE;
}

/* The n bytes at s, behind which the newline stands, end the line that `part` began. */
static enum line_kind finish(struct line *l, const char *s, size_t n, const char **text,
                             size_t *size) {
    bool skipped = l->skipping, bare_ended = l->bare_ended;
    l->framed = true;
    l->skipping = false;
    l->bare_ended = false;
    if (skipped) return LINE_NONE;

    size_t length = l->part.size + n;
    if (length && (n ? s[n - 1] : buf_at(&l->part)[length - 1]) == '\r') length--;
    if (length > l->most || (length == 0 && bare_ended)) {
        buf_free(&l->part);
        return length ? LINE_TOO_LONG : LINE_NONE;
    }
    if (l->part.size) {
        buf_put(&l->part, s, n);
        return give_part(l, text, size, length);
    }
    *text = s;
    *size = length;
    return LINE_MESSAGE;
}

enum line_kind line_next(struct line *l, const char **s, size_t *n, const char **text,
                         size_t *size) {
    enum line_kind kind = LINE_NONE;
    release(l);
    while (kind == LINE_NONE && *n) {
        const char *newline = memchr(*s, '\n', *n);
        size_t used = newline ? (size_t)(newline - *s) : *n;
        kind = newline ? finish(l, *s, used, text, size) : keep(l, *s, used);
        used += newline != NULL;
        *s += used;
        *n -= used;
    }
    return kind;
}

bool line_waiting(const struct line *l) {
    return !l->framed && !l->lent && (l->part.size || l->skipping);
}

enum line_kind line_end(struct line *l, const char **text, size_t *size) {
    release(l);
    if (l->part.size > l->most) return skip_rest(l); /* by the CR, which no newline followed */
    return l->part.size ? give_part(l, text, size, l->part.size) : LINE_NONE;
}

enum line_kind line_quiet(struct line *l, const char **text, size_t *size) {
    release(l);
    if (!line_waiting(l)) return LINE_NONE;
    enum line_kind kind = line_end(l, text, size);
    l->skipping = false;
    l->bare_ended = true;
    return kind;
}
