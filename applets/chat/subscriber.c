#include "applets/chat/subscriber.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct subscriber_place {
    uint64_t place; /* in the log */
    size_t size;    /* of the note */
};

void subscriber_free(struct subscriber *r) {
    buf_free(&r->notes);
    free(r->places);
    r->places = NULL;
    r->count = 0;
}

void subscriber_note(struct subscriber *r, uint64_t place, const char *text, size_t size) {
    r->places = mem_resize(r->places, r->count + 1, sizeof *r->places);
    r->places[r->count++] = (struct subscriber_place){place, size + 1};
    buf_put(&r->notes, text, size);
    buf_put(&r->notes, "\n", 1);
}

bool subscriber_lacks(const struct subscriber *r, uint64_t end) {
    return r->position < end || r->count > 0;
}

/* The log from *from to a place: at most two pieces. */
static int add_log(const struct fanout *log, uint64_t *from, uint64_t to, struct iovec *pieces,
                   size_t *all) {
    int n = *from < to ? fanout_pieces(log, *from, (size_t)(to - *from), pieces) : 0;
    if (*from < to) *all += (size_t)(to - *from);
    *from = to;
    return n;
}

int subscriber_gather(const struct subscriber *r, const struct fanout *log, uint64_t end,
                      struct iovec *pieces, int most, size_t *all) {
    uint64_t at = r->position;
    size_t offset = 0, i;
    int n = 0;
    *all = 0;
    for (i = 0; i < r->count && n + 3 <= most; i++) {
        size_t size = r->places[i].size - (i == 0 ? r->done : 0);
        n += add_log(log, &at, r->places[i].place, pieces + n, all);
        pieces[n++] =
            (struct iovec){.iov_base = r->notes.bytes + r->notes.start + offset, .iov_len = size};
        offset += size;
        *all += size;
    }
    if (i == r->count && n + 2 <= most) n += add_log(log, &at, end, pieces + n, all);
    return n;
}

static size_t took_log(struct subscriber *r, size_t n, uint64_t to) {
    uint64_t step = to > r->position ? to - r->position : 0;
    if (step > n) step = n;
    r->position += step;
    return n - (size_t)step;
}

void subscriber_took(struct subscriber *r, uint64_t end, size_t n) {
    size_t over = 0; /* notes read to their end */
    while (n > 0 && over < r->count) {
        size_t left = r->places[over].size - r->done;
        n = took_log(r, n, r->places[over].place);
        size_t part = n < left ? n : left;
        buf_drop(&r->notes, part);
        n -= part;
        r->done += part;
        if (part < left) break;
        r->done = 0;
        over++;
    }
    if (over > 0) memmove(r->places, r->places + over, (r->count - over) * sizeof *r->places);
    r->count -= over;
    if (n > 0) took_log(r, n, end);
    if (r->count > 0) return;
    free(r->places);
    r->places = NULL;
}
