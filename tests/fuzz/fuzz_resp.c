/* Whatever a hub answers, however it is cut: its items are the same as in one piece, none is larger
 * than may be, and what is read of a log is one of ours or left out. */
#include <stdio.h>

#include "applets/chat/entry.h"
#include "applets/chat/resp.h"
#include "applets/chat/room.h"
#include "input.h"

/* What was told, as one number. */
static uint64_t mix(uint64_t sum, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) sum = (sum ^ (unsigned char)bytes[i]) * 1099511628211U;
    return sum;
}

static void check_entry(const struct entry *e) {
    if (e->kind >= ENTRY_KINDS || e->n == 0 || e->size > ROOM_MESSAGE_MOST) abort();
    if (*e->name && name_fault(e->name, strlen(e->name))) abort();
    if (*e->other && name_fault(e->other, strlen(e->other))) abort();
    if (e->kind == ENTRY_NICK && name_fault(e->text, e->size)) abort();
    if (strlen(e->seat.server) != SERVER_ID) abort();
}

static uint64_t hear(struct entry_reader *reader, const struct resp_item *item, uint64_t sum) {
    enum entry_state state = entry_hear(reader, item);
    if (state == ENTRY_WHOLE) check_entry(&reader->entry);
    return mix(sum, (const char *)&state, sizeof state);
}

static uint64_t mix_item(uint64_t sum, const struct resp_item *item) {
    if (item->text && item->size > RESP_BULK_MOST) abort();
    if (item->depth > RESP_DEEPEST) abort();
    sum = mix(sum, (const char *)&item->kind, sizeof item->kind);
    sum = mix(sum, (const char *)&item->number, sizeof item->number);
    sum = mix(sum, (const char *)&item->last, 1);
    return item->text ? mix(sum, item->text, item->size) : sum;
}

/* Pieces as long as `lengths` says, byte by byte; none: all at once. */
static uint64_t read_all(const uint8_t *data, size_t size, struct input lengths) {
    struct resp r = {.depth = 0};
    struct entry_reader reader = {.count = 0};
    uint64_t sum = 14695981039346656037U;
    bool cut = lengths.left > 0, broken = false;
    while (size > 0 && !broken) {
        size_t n = cut ? input_choice(&lengths, 64) + 1 : size;
        if (n > size) n = size;
        const char *s = (const char *)data;
        data += n;
        size -= n;
        struct resp_item item;
        while ((item = resp_next(&r, &s, &n)).kind > RESP_BROKEN)
            sum = hear(&reader, &item, mix_item(sum, &item));
        broken = item.kind == RESP_BROKEN;
        if (r.held.size > RESP_BULK_MOST + 2) abort();
    }
    resp_free(&r);
    entry_reader_free(&reader);
    return mix(sum, (const char *)&broken, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size}, lengths = {NULL, 0};
    lengths.at = (const uint8_t *)input_piece(&in, 64, &lengths.left);
    if (read_all(in.at, in.left, lengths) != read_all(in.at, in.left, (struct input){NULL, 0}))
        abort();
    return 0;
}
