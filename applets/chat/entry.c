#include "applets/chat/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "applets/chat/room.h"

const char *const entry_words[ENTRY_KINDS] = {"join", "left", "say",     "me",   "nick",
                                              "msg",  "gone", "refused", "epoch"};

/* --- numbers, places, seats --- */

bool number_read(const char *text, size_t size, uint64_t *out) {
    uint64_t value = 0;
    if (size == 0 || size > 19) return false;
    for (const char *end = text + size; text < end; text++) {
        if (*text < '0' || *text > '9') return false;
        value = 10 * value + (uint64_t)(*text - '0');
    }
    *out = value;
    return true;
}

bool entry_id_read(const char *text, size_t size, struct entry_id *out) {
    const char *dash = memchr(text, '-', size);
    return dash && number_read(text, (size_t)(dash - text), &out->ms) &&
           number_read(dash + 1, (size_t)(text + size - dash - 1), &out->count);
}

const char *entry_id_text(const struct entry_id *id, char out[ENTRY_ID_TEXT]) {
    snprintf(out, ENTRY_ID_TEXT, "%" PRIu64 "-%" PRIu64, id->ms, id->count);
    return out;
}

bool entry_id_before(const struct entry_id *a, const struct entry_id *b) {
    return a->ms < b->ms || (a->ms == b->ms && a->count < b->count);
}

bool server_read(const char *text, size_t size, char out[SERVER_ID + 1]) {
    if (size != SERVER_ID) return false;
    memcpy(out, text, size);
    out[size] = 0;
    return strspn(out, "0123456789abcdef") == size;
}

bool seat_read(const char *text, size_t size, struct seat *out) {
    return size > SERVER_ID && text[SERVER_ID] == ':' &&
           server_read(text, SERVER_ID, out->server) &&
           number_read(text + SERVER_ID + 1, size - SERVER_ID - 1, &out->member);
}

const char *seat_text(const struct seat *seat, char out[SEAT_TEXT]) {
    snprintf(out, SEAT_TEXT, "%s:%" PRIu64, seat->server, seat->member);
    return out;
}

/* --- fields --- */

enum { FIELD_N, FIELD_S, FIELD_Q, FIELD_K, FIELD_M, FIELD_A, FIELD_T, FIELD_B, FIELD_TO, FIELDS };

#define NEEDED ((1u << (FIELD_T + 1)) - 1)

static int find_field(const char *text, size_t size) {
    static const char *const words[FIELDS] = {"n", "s", "q", "k", "m", "a", "t", "b", "to"};
    int i = 0;
    while (i < FIELDS && (strlen(words[i]) != size || memcmp(words[i], text, size) != 0)) i++;
    return i;
}

static bool read_kind(const char *text, size_t size, enum entry_kind *out) {
    for (int i = 0; i < ENTRY_KINDS; i++)
        if (strlen(entry_words[i]) == size && !memcmp(entry_words[i], text, size)) {
            *out = (enum entry_kind)i;
            return true;
        }
    return false;
}

/* A name, or nothing. */
static bool read_name(const char *text, size_t size, char out[NAME_BYTES]) {
    if (size > 0 && name_fault(text, size)) return false;
    memcpy(out, text, size);
    out[size] = 0;
    return true;
}

static bool keep_text(struct entry_reader *r, const char *text, size_t size) {
    if (size > ROOM_MESSAGE_MOST) return false;
    buf_clear(&r->bytes);
    buf_put(&r->bytes, text, size);
    return true;
}

/* False: no such field of ours has that value. */
static bool read_field(struct entry_reader *r, const char *text, size_t size) {
    struct entry *e = &r->entry;
    switch (r->field) {
    case FIELD_N:
        return number_read(text, size, &e->n) && e->n > 0;
    case FIELD_S:
        return server_read(text, size, e->seat.server);
    case FIELD_Q:
        return number_read(text, size, &e->q);
    case FIELD_K:
        return read_kind(text, size, &e->kind);
    case FIELD_M:
        return number_read(text, size, &e->seat.member);
    case FIELD_A:
        return read_name(text, size, e->name);
    case FIELD_T:
        return keep_text(r, text, size);
    case FIELD_B:
        return read_name(text, size, e->other);
    case FIELD_TO:
        return seat_read(text, size, &e->to);
    default:
        return true;
    }
}

/* --- entries --- */

static bool is_whole(const struct entry_reader *r) {
    const struct entry *e = &r->entry;
    unsigned needed = NEEDED;
    if (e->kind == ENTRY_GONE || e->kind == ENTRY_MSG) needed |= 1u << FIELD_TO;
    if (e->kind == ENTRY_MSG) needed |= 1u << FIELD_B;
    bool named = *e->name || e->kind == ENTRY_EPOCH || e->kind == ENTRY_REFUSED;
    if (r->foreign || (r->fields & needed) != needed || !named) return false;
    if (e->kind != ENTRY_NICK && e->kind != ENTRY_REFUSED) return true;
    return e->size == 0 ? e->kind == ENTRY_REFUSED : !name_fault(e->text, e->size);
}

static enum entry_state finish(struct entry_reader *r) {
    r->count++;
    r->entry.text = buf_at(&r->bytes);
    r->entry.size = r->bytes.size;
    return is_whole(r) ? ENTRY_WHOLE : ENTRY_FOREIGN;
}

static void begin(struct entry_reader *r, uint64_t items) {
    r->items = items;
    r->field = -1;
    r->fields = 0;
    r->foreign = false;
    r->entry = (struct entry){.kind = ENTRY_EPOCH};
    buf_clear(&r->bytes);
}

static enum entry_state hear_field(struct entry_reader *r, const struct resp_item *item) {
    if (item->kind != RESP_BULK || r->items == 0) return ENTRY_BROKEN;
    if (r->field < 0) {
        r->field = item->text ? find_field(item->text, item->size) : FIELDS;
    } else {
        if (r->field < FIELDS) {
            r->fields |= 1u << r->field;
            if (!item->text || !read_field(r, item->text, item->size)) r->foreign = true;
        }
        r->field = -1;
    }
    return --r->items > 0 ? ENTRY_MORE : finish(r);
}

/* One stream: [[key, [[id, [name, value, ...]], ...]]]. */
enum entry_state entry_hear(struct entry_reader *r, const struct resp_item *item) {
    bool array = item->kind == RESP_ARRAY;
    if (item->depth == 5) return hear_field(r, item);
    if (item->depth == 0) return array || item->kind == RESP_NULL ? ENTRY_MORE : ENTRY_BROKEN;
    if (item->depth != 4) return array || item->depth == 2 ? ENTRY_MORE : ENTRY_BROKEN;
    if (array) {
        begin(r, (uint64_t)item->number);
        return item->number > 0 ? ENTRY_MORE : ENTRY_BROKEN;
    }
    bool placed =
        item->kind == RESP_BULK && item->text && entry_id_read(item->text, item->size, &r->id);
    return placed ? ENTRY_MORE : ENTRY_BROKEN;
}

void entry_reader_free(struct entry_reader *r) { buf_free(&r->bytes); }
