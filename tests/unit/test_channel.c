#include <stdint.h>

#include "unit.h"

#define MODEL_CHECK CHECK
#include "channel_model.h"

static uint64_t seed;

/* xorshift64* */
static unsigned choose(unsigned n) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (unsigned)((seed * 2685821657736338717ULL >> 33) % n);
}

static void run_seeds(size_t size, size_t history, unsigned steps) {
    for (uint64_t i = 1; i <= 8 && !unit_failures; i++) {
        seed = i * 0x9E3779B97F4A7C15ULL;
        model_start(size, history);
        for (unsigned n = 0; n < steps; n++) model_step();
        model_end_all();
        if (unit_failures) printf("# log of %zu, seed %d\n", size, (int)i);
    }
}

static void tiny_logs(void) {
    run_seeds(64, 0, 5000);
    run_seeds(100, 3, 5000);
    run_seeds(300, 40, 5000);
}

static void larger_logs(void) {
    run_seeds(5000, 1, 5000);
    run_seeds(5000, 300, 5000);
    run_seeds(200000, 20, 2000);
}

/* --- one thing at a time --- */

static void take_nothing(struct subscriber *s) { (void)s; }

static const char *hears(struct subscriber *s, size_t most) {
    static char text[256];
    struct iovec pieces[8];
    size_t all, used = 0;
    int count = subscriber_gather(s, pieces, 8, &all);
    for (int i = 0; i < count && used < most; i++) {
        size_t part = pieces[i].iov_len < most - used ? pieces[i].iov_len : most - used;
        memcpy(text + used, pieces[i].iov_base, part);
        used += part;
    }
    text[used] = '\0';
    subscriber_took(s, used);
    return text;
}

#define SAY(c, text, keep) channel_say(&(c), text, strlen(text), keep)
#define NOTE(c, s, text) channel_note(&(c), &(s), text, strlen(text))

static void newcomers_hear_nothing_old(void) {
    struct channel c;
    struct subscriber s = {.log = NULL};
    channel_start(&c, 64, 0, take_nothing);
    for (int i = 0; i < 100; i++) SAY(c, "before it came\n", true);
    channel_join(&c, &s);
    CHECK(!subscriber_lacks(&s));
    SAY(c, "now\n", true);
    CHECK_TEXT(hears(&s, 64), "now\n");
    channel_leave(&c, &s);
    channel_free(&c);
}

static void notes_stand_in_place(void) {
    for (size_t step = 1; step < 20; step++) {
        struct channel c;
        struct subscriber s = {.log = NULL};
        char all[256] = "";
        channel_start(&c, 64, 2, take_nothing);
        SAY(c, "one\n", true);
        SAY(c, "two\n", true);
        SAY(c, "three\n", true);
        SAY(c, "joined\n", false);
        channel_join(&c, &s);
        NOTE(c, s, "welcome\n");
        channel_replay(&c, &s);
        NOTE(c, s, "a\n");
        SAY(c, "four\n", true);
        NOTE(c, s, "b\n");
        NOTE(c, s, "c\n");
        SAY(c, "five\n", true);
        while (subscriber_lacks(&s)) strcat(all, hears(&s, step));
        CHECK_TEXT(all, "welcome\ntwo\nthree\na\nfour\nb\nc\nfive\n");
        CHECK(s.notes.size == 0 && s.own == 0);
        channel_leave(&c, &s);
        channel_free(&c);
    }
}

static void all_counts_together(void) {
    struct channel c;
    struct subscriber s = {.log = NULL}, other = {.log = NULL};
    channel_start(&c, 64, 9, take_nothing);
    SAY(c, "0123456789\n", true);
    channel_join(&c, &other);
    channel_join(&c, &s);
    channel_replay(&c, &s);                        /* 11 */
    NOTE(c, s, "0123456789012345678\n");           /* 20 more */
    SAY(c, "012345678901234567890123456789\n", 0); /* 31 more: 62 */
    CHECK(!channel_late(&c));
    SAY(c, "x\n", false);
    CHECK(!channel_late(&c));
    SAY(c, "y\n", false);
    CHECK(channel_late(&c) == &s && !channel_late(&c));
    CHECK(other.log && !s.log);
    NOTE(c, s, "nobody hears this\n");
    CHECK(!subscriber_lacks(&s) && c.own == 0);
    channel_leave(&c, &s);
    channel_leave(&c, &other);
    channel_free(&c);
}

static void own_lines_share_a_pool(void) {
    enum { MEMBERS = 8, LINE = 1000 };
    struct channel c;
    struct subscriber s[MEMBERS] = {{.log = NULL}};
    char line[LINE];
    size_t cut = 0;
    memset(line, '\n', sizeof line);
    channel_start(&c, 4 * CHANNEL_OWN, 0, take_nothing);
    for (int i = 0; i < MEMBERS; i++) channel_join(&c, &s[i]);
    for (int n = 0; n < 300; n++)
        for (int i = 0; i < MEMBERS; i++) {
            channel_note(&c, &s[i], line, sizeof line);
            cut += channel_late(&c) != NULL;
            CHECK(c.own <= 4 * CHANNEL_OWN + MEMBERS * CHANNEL_OWN);
        }
    CHECK(cut == MEMBERS);
    channel_free(&c);
}

static void history_is_not_copied(void) {
    enum { NEWCOMERS = 50 };
    struct channel c;
    struct subscriber s[NEWCOMERS] = {{.log = NULL}};
    static char line[4000];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    channel_start(&c, 1 << 20, 1000, take_nothing);
    for (int i = 0; i < 3000; i++) channel_say(&c, line, sizeof line, true);
    CHECK(c.history.end - c.history.first == 1000 * sizeof line);
    for (int i = 0; i < NEWCOMERS; i++) {
        channel_join(&c, &s[i]);
        channel_replay(&c, &s[i]);
        CHECK(s[i].past_end - s[i].past == 1000 * sizeof line);
    }
    CHECK(c.own < NEWCOMERS * 100 && c.history.count <= 1000 * sizeof line / HISTORY_PIECE + 2);
    for (int i = 0; i < NEWCOMERS; i++) channel_leave(&c, &s[i]);
    channel_free(&c);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a newcomer hears nothing from before it came", newcomers_hear_nothing_old},
        {"lines for one alone and the history stand in their place, whatever a write takes",
         notes_stand_in_place},
        {"history, own lines and the log count together, to the byte", all_counts_together},
        {"what lines for single members take is bounded in all", own_lines_share_a_pool},
        {"newcomers share one history", history_is_not_copied},
        {"in tiny logs each hears what a plain list says, or is cut off for it", tiny_logs},
        {"so in larger ones", larger_logs},
    };
    return UNIT_RUN(tests);
}
