#include "common/serve/hops.h"

#include "unit.h"

static void clients_are_answered(void) {
    /* What systems send with, after any path there is. */
    static const int initial[] = {64, 128, 255};
    for (size_t i = 0; i < sizeof initial / sizeof initial[0]; i++)
        for (int path = 0; path < 50; path++) CHECK(hops_next(initial[i] - path) > 128);
    CHECK(hops_next(1) == 255); /* a multicast question */
}

static void what_is_not_known_is_left_to_the_system(void) { CHECK(hops_next(0) == 0); }

/* Between two servers, `path` routers apart: how many datagrams one sets off. */
static int exchange(int ttl, int path) {
    int sent = 0;
    while ((ttl = hops_next(ttl)) > 0 && sent < 1000) {
        sent++;
        ttl -= path;
    }
    return sent;
}

static void servers_come_to_an_end(void) {
    for (int path = 0; path < 64; path++) {
        CHECK(exchange(64, path) <= 56);
        CHECK(exchange(255, path) <= 56);
    }
}

int main(void) {
    static const struct unit_test tests[] = {
        {"clients are answered", clients_are_answered},
        {"what is not known is left to the system", what_is_not_known_is_left_to_the_system},
        {"servers come to an end", servers_come_to_an_end},
    };
    return UNIT_RUN(tests);
}
