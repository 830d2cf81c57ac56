#include "common/base/fanout.h"

#include <stdlib.h>

#include "unit.h"

/* What a reader at `position` lacks, as text. */
static const char *lacks(const struct fanout *f, uint64_t position, size_t most) {
    static char text[256];
    struct iovec pieces[2];
    size_t used = 0;
    int count = fanout_pieces(f, position, most, pieces);
    for (int i = 0; i < count; i++) {
        CHECK(pieces[i].iov_len > 0);
        memcpy(text + used, pieces[i].iov_base, pieces[i].iov_len);
        used += pieces[i].iov_len;
    }
    text[used] = '\0';
    return text;
}

static void readers_read_at_their_pace(void) {
    struct fanout f;
    fanout_start(&f, 10);
    CHECK(!f.ring && fanout_oldest(&f) == 0 && fanout_space(&f, 0) == 10);
    CHECK_TEXT(lacks(&f, 0, SIZE_MAX), "");
    fanout_append(&f, "abcdef", 6);
    CHECK(f.end == 6 && fanout_oldest(&f) == 0);
    CHECK_TEXT(lacks(&f, 0, SIZE_MAX), "abcdef");
    CHECK_TEXT(lacks(&f, 4, SIZE_MAX), "ef");
    CHECK_TEXT(lacks(&f, 6, SIZE_MAX), "");
    fanout_append(&f, "ghijkl", 6);
    CHECK(f.end == 12 && fanout_oldest(&f) == 2);
    CHECK_TEXT(lacks(&f, 2, SIZE_MAX), "cdefghijkl");
    CHECK_TEXT(lacks(&f, 11, SIZE_MAX), "l");
    fanout_append(&f, "", 0);
    CHECK(f.end == 12);
    fanout_free(&f);
}

static void pieces_are_bounded(void) {
    struct fanout f;
    struct iovec pieces[2];
    fanout_start(&f, 10);
    fanout_append(&f, "0123456789", 10);
    fanout_append(&f, "abcd", 4);
    CHECK(fanout_pieces(&f, 4, SIZE_MAX, pieces) == 2);
    CHECK(fanout_pieces(&f, 4, 6, pieces) == 1 && pieces[0].iov_len == 6);
    CHECK(fanout_pieces(&f, 4, 0, pieces) == 0);
    CHECK_TEXT(lacks(&f, 4, 5), "45678");
    CHECK_TEXT(lacks(&f, 8, 3), "89a");
    CHECK_TEXT(lacks(&f, 10, 3), "abc");
    fanout_free(&f);
}

static void room_is_for_the_slowest(void) {
    struct fanout f;
    fanout_start(&f, 10);
    fanout_append(&f, "abcdefgh", 8);
    CHECK(fanout_space(&f, 0) == 2);
    CHECK(fanout_space(&f, 5) == 7);
    CHECK(fanout_space(&f, 8) == 10);
    fanout_append(&f, "ij", 2);
    CHECK(fanout_space(&f, 0) == 0 && fanout_oldest(&f) == 0);
    fanout_append(&f, "k", 1);
    CHECK(fanout_oldest(&f) == 1 && fanout_space(&f, 1) == 0);
    fanout_free(&f);
}

/* Byte i of the log is (char)(i * 7). */
static void any_mix_of_appends_and_reads(void) {
    enum { READERS = 5, SIZE = 97 };
    struct fanout f;
    uint64_t at[READERS] = {0};
    size_t wrong = 0;
    fanout_start(&f, SIZE);
    srand(4);
    for (int turn = 0; turn < 20000; turn++) {
        char bytes[SIZE];
        uint64_t slowest = f.end;
        for (size_t r = 0; r < READERS; r++) slowest = at[r] < slowest ? at[r] : slowest;
        size_t n = (size_t)rand() % (fanout_space(&f, slowest) + 1);
        for (size_t i = 0; i < n; i++) bytes[i] = (char)((f.end + i) * 7 % 256);
        fanout_append(&f, bytes, n);
        CHECK(slowest >= fanout_oldest(&f));
        for (size_t r = 0; r < READERS; r++) {
            struct iovec pieces[2];
            int count = fanout_pieces(&f, at[r], (size_t)rand() % 40, pieces);
            for (int p = 0; p < count; p++)
                for (size_t i = 0; i < pieces[p].iov_len; i++)
                    wrong += ((const char *)pieces[p].iov_base)[i] != (char)(at[r]++ * 7 % 256);
        }
    }
    CHECK(wrong == 0);
    CHECK(f.end > 100 * SIZE);
    fanout_free(&f);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"each reader reads the log at its own pace", readers_read_at_their_pace},
        {"pieces hold no more than asked for", pieces_are_bounded},
        {"there is room as far as the slowest reader allows", room_is_for_the_slowest},
        {"any mix of appends and reads keeps the bytes", any_mix_of_appends_and_reads},
    };
    return UNIT_RUN(tests);
}
