#include "applets/chat/resp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- commands --- */

void resp_command(struct buf *out, size_t arguments) { buf_format(out, "*%zu\r\n", arguments); }

void resp_put(struct buf *out, const char *bytes, size_t n) {
    buf_format(out, "$%zu\r\n", n);
    buf_put(out, bytes, n);
    buf_put(out, "\r\n", 2);
}

void resp_text(struct buf *out, const char *text) { resp_put(out, text, strlen(text)); }

void resp_number(struct buf *out, uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    resp_text(out, text);
}

/* --- replies --- */

void resp_free(struct resp *r) { buf_free(&r->held); }

static struct resp_item broken(struct resp *r) {
    r->broken = true;
    return (struct resp_item){.kind = RESP_BROKEN};
}

/* Decimal, with a sign at most; false: it is none. */
static bool read_number(const char *text, size_t size, int64_t *out) {
    bool minus = size > 0 && *text == '-';
    int64_t value = 0;
    if (size == (size_t)minus || size > 18) return false;
    for (size_t i = minus; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = 10 * value + (text[i] - '0');
    }
    *out = minus ? -value : value;
    return true;
}

/* An item is complete: so may be the arrays that it ends. */
static struct resp_item complete(struct resp *r, struct resp_item item) {
    item.depth = r->depth;
    while (r->depth > 0 && --r->left[r->depth - 1] == 0) r->depth--;
    item.last = r->depth == 0;
    return item;
}

static struct resp_item open_array(struct resp *r, int64_t count) {
    struct resp_item item = {.kind = RESP_ARRAY, .number = count, .depth = r->depth};
    if (count == 0) return complete(r, item);
    if (r->depth == RESP_DEEPEST) return broken(r);
    r->left[r->depth++] = (uint64_t)count;
    return item;
}

/* The head of a string or an array: its line holds a count; -1: there is none. */
static struct resp_item read_head(struct resp *r, char type, int64_t count) {
    if (count < -1 || count > INT32_MAX) return broken(r);
    if (count == -1) return complete(r, (struct resp_item){.kind = RESP_NULL});
    if (type == '*') return open_array(r, count);
    r->bulk = true;
    r->size = (uint64_t)count + 2;
    r->skip = (size_t)count > RESP_BULK_MOST ? r->size : 0;
    return (struct resp_item){.kind = RESP_MORE};
}

/* A line without its ending, its type in front. A string's head is no item yet: RESP_MORE. */
static struct resp_item read_line(struct resp *r, const char *line, size_t size) {
    struct resp_item item = {.text = line + 1, .size = size - 1};
    int64_t number = 0;
    char type = size > 0 ? *line : '\0';
    if (type == '+' || type == '-') {
        item.kind = type == '+' ? RESP_STATUS : RESP_ERROR;
        return complete(r, item);
    }
    if (!type || !strchr(":$*", type) || !read_number(line + 1, size - 1, &number))
        return broken(r);
    if (type != ':') return read_head(r, type, number);
    return complete(r, (struct resp_item){.kind = RESP_INTEGER, .number = number});
}

/* How many of the n bytes belong to the line or string at hand; *whole: with them it is complete.
 */
static size_t share_of(const struct resp *r, const char *s, size_t n, bool *whole) {
    if (r->bulk) {
        uint64_t lacks = r->size - r->held.size;
        *whole = n >= lacks;
        return *whole ? (size_t)lacks : n;
    }
    const char *newline = memchr(s, '\n', n);
    *whole = newline != NULL;
    return newline ? (size_t)(newline - s) + 1 : n;
}

/* The bytes of a line or string, its ending included. */
static struct resp_item read_piece(struct resp *r, const char *bytes, size_t size) {
    bool bulk = r->bulk;
    r->bulk = false;
    if (size < 2 || memcmp(bytes + size - 2, "\r\n", 2) != 0) return broken(r);
    if (!bulk) return read_line(r, bytes, size - 2);
    return complete(r, (struct resp_item){.kind = RESP_BULK, .text = bytes, .size = size - 2});
}

static void skip(struct resp *r, const char **s, size_t *n) {
    size_t gone = *n < r->skip ? *n : (size_t)r->skip;
    *s += gone;
    *n -= gone;
    r->skip -= gone;
}

/* One line or string: a string's head gives RESP_MORE though there may be more. */
static struct resp_item take(struct resp *r, const char **s, size_t *n) {
    bool whole;
    size_t share = share_of(r, *s, *n, &whole);
    const char *bytes = *s;
    *s += share;
    *n -= share;
    if (!r->bulk && r->held.size + share > RESP_LINE_MOST) return broken(r);
    if (whole && r->held.size == 0) return read_piece(r, bytes, share);
    buf_put(&r->held, bytes, share);
    if (!whole) return (struct resp_item){.kind = RESP_MORE};
    r->lent = true;
    return read_piece(r, buf_at(&r->held), r->held.size);
}

static struct resp_item take_skipping(struct resp *r, const char **s, size_t *n) {
    skip(r, s, n);
    if (r->skip > 0) return (struct resp_item){.kind = RESP_MORE};
    r->bulk = false;
    return complete(r, (struct resp_item){.kind = RESP_BULK, .size = (size_t)r->size - 2});
}

struct resp_item resp_next(struct resp *r, const char **s, size_t *n) {
    struct resp_item item = {.kind = RESP_MORE};
    if (r->broken) return broken(r);
    while (item.kind == RESP_MORE && *n > 0) {
        if (r->lent) buf_clear(&r->held);
        r->lent = false;
        item = r->skip > 0 ? take_skipping(r, s, n) : take(r, s, n);
    }
    return item;
}
