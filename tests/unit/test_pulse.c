#include "applets/chat/pulse.h"

#include "unit.h"

#define A "000000000000000a"
#define B "000000000000000b"
#define S TEXT_NS_PER_S

static char told[256]; /* the last digits of the servers that are dead, a '?' behind one unknown */

static void dead(void *ctx, const struct pulse *pulse) {
    (void)ctx;
    strcat(told, pulse->server + SERVER_ID - 1);
    if (!pulse->beats) strcat(told, "?");
}

/* A look at the time, in seconds; a negative count: there is none. Returns who is dead. */
static const char *look(struct pulses *p, int64_t at, int a, int b) {
    *told = 0;
    pulses_look(p, at * S);
    if (a >= 0) pulses_see(p, A, (uint64_t)a, at * S);
    if (b >= 0) pulses_see(p, B, (uint64_t)b, at * S);
    pulses_judge(p, at * S, dead, NULL);
    return told;
}

static void tells_who_does_not_count(void) {
    struct pulses p = {.items = NULL};
    for (int t = 1; t < 11; t++) CHECK_TEXT(look(&p, t, t, 7), "");
    CHECK_TEXT(look(&p, 11, 11, 7), "b");
    CHECK_TEXT(look(&p, 12, 12, 7), ""); /* not at once again */
    CHECK_TEXT(look(&p, 13, 13, 8), "");
    for (int t = 14; t < 23; t++) CHECK_TEXT(look(&p, t, t, 8), "");
    CHECK_TEXT(look(&p, 23, 23, 8), "b");
    CHECK_TEXT(look(&p, 24, 24, -1), "");
    pulses_free(&p);
}

static void absence_does_not_count(void) {
    struct pulses p = {.items = NULL};
    CHECK_TEXT(look(&p, 1, 1, 1), "");
    CHECK_TEXT(look(&p, 60, 1, 1), "");
    CHECK_TEXT(look(&p, 63, 1, 1), "");
    CHECK_TEXT(look(&p, 66, 1, 2), "");
    CHECK_TEXT(look(&p, 69, 1, 3), "");
    CHECK_TEXT(look(&p, 70, 1, 4), "a");
    pulses_free(&p);
}

static void expects_servers_that_the_hub_has_forgotten(void) {
    struct pulses p = {.items = NULL};
    look(&p, 1, 1, -1);
    pulses_expect(&p, A, 1 * S);
    pulses_expect(&p, B, 1 * S);
    for (int t = 2; t < 11; t++) CHECK_TEXT(look(&p, t, t, -1), "");
    CHECK_TEXT(look(&p, 11, 11, -1), "b?");
    for (int t = 12; t < 30; t++) CHECK_TEXT(look(&p, t, t, -1), "");
    pulses_free(&p);
}

static void an_operation_is_seen_once(void) {
    struct pulses p = {.items = NULL};
    CHECK(pulses_advance(&p, A, 5, S) && !pulses_advance(&p, A, 5, S));
    CHECK(!pulses_advance(&p, A, 4, S) && pulses_advance(&p, A, 6, S));
    CHECK(pulses_advance(&p, B, 1, S));
    pulses_withdraw(&p, A);
    CHECK(!pulses_advance(&p, A, 5, S) && pulses_advance(&p, A, 6, S));
    CHECK(!pulses_know(&p, A));
    look(&p, 2, 1, -1);
    CHECK(pulses_know(&p, A) && !pulses_know(&p, B));
    pulses_free(&p);
}

static void watches_so_many_servers_at_most(void) {
    struct pulses p = {.items = NULL};
    char server[SERVER_ID + 1];
    for (int i = 0; i < 5000; i++) {
        snprintf(server, sizeof server, "%016x", (unsigned)i);
        pulses_see(&p, server, 1, S);
    }
    CHECK(p.size == PULSE_MOST);
    pulses_free(&p);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a server that does not count for a lease is dead, told once", tells_who_does_not_count},
        {"the time of an absence does not count", absence_does_not_count},
        {"a server that the hub has forgotten has a lease to count again",
         expects_servers_that_the_hub_has_forgotten},
        {"an operation is seen once, and numbers never go back", an_operation_is_seen_once},
        {"the number of servers is bounded", watches_so_many_servers_at_most},
    };
    return UNIT_RUN(tests);
}
