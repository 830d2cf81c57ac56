/* The table of senders against a plain list: whatever comes and goes, all are found, in the order
 * of their silence. */
#include "applets/udp/senders.h"

#include <stdlib.h>

#include "unit.h"

static struct dgram_door doors[2];

/* One of many senders, in two families. */
static struct addr address(unsigned n) {
    struct addr a;
    if (n % 2)
        addr_loopback(AF_INET6, (uint16_t)(n / 2 + 1), &a);
    else
        addr_loopback(AF_INET, (uint16_t)(n / 2 + 1), &a);
    return a;
}

#define MANY 2000

static struct sender all[MANY];
static unsigned order[MANY], count; /* those in the table, silent for longest first */

static unsigned place_of(unsigned n) {
    unsigned i = 0;
    while (i < count && order[i] != n) i++;
    return i;
}

static void take_out(unsigned place) {
    memmove(&order[place], &order[place + 1], (--count - place) * sizeof order[0]);
}

static void step(struct senders *s, unsigned n) {
    struct addr peer = address(n);
    struct dgram d = {.peer = &peer};
    struct sender *found = senders_find(s, &doors[0], &d);
    unsigned place = place_of(n);
    CHECK(found == (place < count ? &all[n] : NULL));
    CHECK(senders_find(s, &doors[1], &d) == NULL);
    if (!found)
        senders_add(s, &all[n], &doors[0], &d);
    else
        take_out(place);
    if (found && rand() % 3 == 0) {
        senders_remove(s, &all[n]);
        return;
    }
    senders_hear(s, &all[n], NULL, n);
    order[count++] = n;
}

static void in_order(const struct senders *s) {
    unsigned i = 0;
    for (const struct sender *at = s->silent; at; at = at->shorter) CHECK(at == &all[order[i++]]);
    CHECK(i == count && s->count == count);
}

static void all_are_found_in_order(void) {
    struct senders s = {.by_here = false};
    srand(1);
    for (int i = 0; i < 50000; i++) step(&s, (unsigned)rand() % MANY);
    in_order(&s);
    while (s.count > 0) senders_remove(&s, s.silent);
    CHECK(s.silent == NULL);
    senders_free(&s);
}

static void who_asks_two_addresses_is_one_or_two(void) {
    struct addr peer = address(0), here = address(1);
    struct dgram one = {.peer = &peer}, two = {.peer = &peer, .here = &here};
    for (int by_here = 0; by_here < 2; by_here++) {
        struct senders s = {.by_here = by_here};
        senders_add(&s, &all[0], &doors[0], &one);
        CHECK(senders_find(&s, &doors[0], &one) == &all[0]);
        CHECK(senders_find(&s, &doors[0], &two) == (by_here ? NULL : &all[0]));
        senders_hear(&s, &all[0], &two, 1);
        CHECK(addr_equal(&all[0].here, &here));
        CHECK(sender_reply(&all[0], "x", 1).here == &all[0].here);
        senders_remove(&s, &all[0]);
        senders_free(&s);
    }
}

static void unix_senders_are_told_by_their_paths(void) {
    struct senders s = {.by_here = false};
    struct addr paths[3];
    CHECK(addr_unix("/a", &paths[0]) == 0 && addr_unix("/b", &paths[1]) == 0);
    paths[2] = (struct addr){.size = sizeof(sa_family_t), .as.any.sa_family = AF_UNIX};
    for (int i = 0; i < 3; i++) {
        struct dgram d = {.peer = &paths[i]};
        CHECK(senders_find(&s, &doors[0], &d) == NULL);
        CHECK(senders_answerable(&d) == (i < 2));
        senders_add(&s, &all[i], &doors[0], &d);
    }
    for (int i = 0; i < 3; i++)
        CHECK(senders_find(&s, &doors[0], &(struct dgram){.peer = &paths[i]}) == &all[i]);
    while (s.count > 0) senders_remove(&s, s.silent);
    senders_free(&s);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"all are found, in order", all_are_found_in_order},
        {"who asks two addresses is one or two", who_asks_two_addresses_is_one_or_two},
        {"Unix senders are told by their paths", unix_senders_are_told_by_their_paths},
    };
    return UNIT_RUN(tests);
}
