#include "applets/probe/graph.h"

#include "unit.h"

static void add(struct series *s, enum port_state state, int64_t took) {
    series_add(s, &(struct finding){.state = state, .took = took});
}

/* Valid until the next call. */
static const char *drawn(const struct series *s, size_t columns) {
    static char out[2048];
    struct buf b = {0};
    graph_put(&b, s, columns);
    snprintf(out, sizeof out, "%.*s", (int)b.size, buf_at(&b));
    buf_free(&b);
    return out;
}

static void heights(void) {
    struct series s = {0};
    series_keep_marks(&s);
    for (int i = 0; i <= 8; i++) add(&s, PORT_OPEN, 1000 * i);
    CHECK_TEXT(drawn(&s, 100), "▁▂▃▄▅▆▇██");
    series_free(&s);
}

static void failures(void) {
    struct series s = {0};
    series_keep_marks(&s);
    CHECK_TEXT(drawn(&s, 100), "");
    add(&s, PORT_NO_ANSWER, 2000000000);
    add(&s, PORT_CLOSED, 10);
    CHECK_TEXT(drawn(&s, 100), "×!");
    add(&s, PORT_OPEN, 1000);
    add(&s, PORT_UNRESOLVED, 0);
    add(&s, PORT_OPEN, 100);
    CHECK_TEXT(drawn(&s, 100), "×!█!▁");
    series_free(&s);
}

static void last_rounds(void) {
    struct series s = {0};
    series_keep_marks(&s);
    for (int i = 0; i < 1000; i++) add(&s, PORT_NO_ANSWER, 0);
    add(&s, PORT_OPEN, 4000);
    add(&s, PORT_OPEN, 8000);
    CHECK_TEXT(drawn(&s, 3), "×▅█");
    CHECK(strlen(drawn(&s, 100000)) == 2 * (SERIES_MARKS - 2) + 6);
    CHECK(s.rounds == 1002 && s.times.count == 2);
    series_free(&s);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a bar is as high as its time beside the longest", heights},
        {"what was not open is seen, silence apart from the rest", failures},
        {"the last rounds are shown, the newest last, at most so many", last_rounds},
    };
    return UNIT_RUN(tests);
}
