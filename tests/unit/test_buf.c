#include "common/base/buf.h"

#include <stdlib.h>

#include "unit.h"

static int holds(const struct buf *b, const char *text) {
    return b->size == strlen(text) && memcmp(buf_at(b), text, b->size) == 0;
}

static void first_in_first_out(void) {
    struct buf b = {0};
    buf_put(&b, "Bon", 3);
    buf_put(&b, "jour", 4);
    CHECK(holds(&b, "Bonjour"));
    buf_drop(&b, 3);
    CHECK(holds(&b, "jour"));
    buf_put(&b, "nal", 3);
    CHECK(holds(&b, "journal"));
    buf_free(&b);
}

static void no_storage_when_empty(void) {
    struct buf b = {0};
    buf_put(&b, "", 0);
    CHECK(!b.bytes);
    buf_put(&b, "x", 1);
    CHECK(b.bytes);
    buf_drop(&b, 1);
    CHECK(!b.bytes && b.size == 0 && b.capacity == 0);
    CHECK(buf_reserve(&b, 100));
    buf_grown(&b, 0);
    CHECK(!b.bytes);
    buf_free(&b);
}

static void clear_keeps_storage(void) {
    struct buf b = {0};
    buf_put(&b, "abc", 3);
    buf_drop(&b, 1);
    const char *bytes = b.bytes;
    buf_clear(&b);
    CHECK(b.size == 0 && b.bytes == bytes);
    buf_put(&b, "de", 2);
    CHECK(holds(&b, "de") && b.bytes == bytes);
    buf_free(&b);
    CHECK(!b.bytes);
}

static void formats(void) {
    struct buf b = {0};
    buf_format(&b, "%s", "");
    CHECK(!b.bytes);
    buf_format(&b, "%s:%d ", "localhost", 60000);
    buf_format(&b, "%0300d", 7);
    CHECK(b.size == 16 + 300);
    CHECK(memcmp(buf_at(&b), "localhost:60000 000", 19) == 0);
    CHECK(buf_at(&b)[315] == '7');
    buf_free(&b);
}

static void reserve_gives_room_to_write(void) {
    struct buf b = {0};
    for (int i = 0; i < 100; i++) {
        memset(buf_reserve(&b, 1000), 'a' + i % 26, 1000);
        buf_grown(&b, 600);
    }
    CHECK(b.size == 60000);
    size_t wrong = 0;
    for (size_t i = 0; i < b.size; i++) wrong += buf_at(&b)[i] != (char)('a' + (int)(i / 600) % 26);
    CHECK(wrong == 0);
    buf_free(&b);
}

/* What comes out is what went in, and the storage stays in proportion to what is held. */
static void any_mix_of_puts_and_drops(void) {
    struct buf b = {0};
    unsigned char in = 0, out = 0;
    size_t most = 0, wrong = 0;
    srand(1);
    for (int turn = 0; turn < 20000; turn++) {
        char piece[700];
        size_t n = (size_t)rand() % sizeof piece;
        for (size_t i = 0; i < n; i++) piece[i] = (char)in++;
        buf_put(&b, piece, n);
        n = b.size < 5000 ? (size_t)rand() % (b.size + 1) : b.size - (size_t)rand() % 100;
        for (size_t i = 0; i < n; i++) wrong += (unsigned char)buf_at(&b)[i] != out++;
        buf_drop(&b, n);
        most = b.capacity > most ? b.capacity : most;
    }
    CHECK(wrong == 0);
    CHECK(most <= 4 * 5700);
    buf_free(&b);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"bytes leave in the order in which they came", first_in_first_out},
        {"an empty buffer holds no storage", no_storage_when_empty},
        {"a cleared buffer keeps its storage", clear_keeps_storage},
        {"formatted text is put at the end", formats},
        {"what is reserved can be written", reserve_gives_room_to_write},
        {"any mix of puts and drops keeps bytes and bounds", any_mix_of_puts_and_drops},
    };
    return UNIT_RUN(tests);
}
