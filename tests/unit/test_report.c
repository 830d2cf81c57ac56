#include "applets/probe/report.h"

#include <errno.h>

#include "unit.h"

/* A port of a name, a path or an address, and the line of it. */
struct thing {
    struct host host;
    struct target target;
    struct goal goal;
    struct item item;
    struct series series;
};

static void set(struct thing *t, const char *host, const char *path, uint16_t port) {
    *t = (struct thing){.host.name = {.host = host, .path = path}};
    t->target = (struct target){.host = &t->host, .goals = &t->goal};
    t->goal.target = &t->target;
    t->item = (struct item){.goal = &t->goal, .port = port, .series = &t->series};
}

static void set_address(struct thing *t, const char *address, uint16_t port) {
    set(t, NULL, NULL, port);
    t->target.host = NULL;
    CHECK(range_parse(address, &t->target.range) == NULL);
}

static const char *text_of(struct buf *b) {
    static char out[512];
    snprintf(out, sizeof out, "%.*s", (int)b->size, buf_at(b));
    buf_free(b);
    return out;
}

/* The line of an item; valid until the next call. */
static const char *line(const struct thing *t, enum report_format format, int width) {
    struct report r = {.format = format, .name_width = width};
    struct buf b = {0};
    report_put(&r, &b, &t->item);
    return text_of(&b);
}

static const char *summary(const struct thing *t, enum report_format format, int width) {
    struct report r = {.format = format, .name_width = width};
    struct buf b = {0};
    report_put_summary(&r, &b, &t->item);
    return text_of(&b);
}

static void say(struct thing *t, char *text) {
    t->item.found.said = text;
    t->item.found.said_size = strlen(text);
}

static void tabs(void) {
    struct thing t;
    set(&t, "db", NULL, 5432);
    t.item.found = (struct finding){.state = PORT_OPEN, .took = 120000};
    CHECK_TEXT(line(&t, REPORT_TABS, 30), "db:5432\topen\t0.12 ms\t\t\n");
    say(&t, (char[]){"220 hi\tthere\x1b[2J"});
    CHECK_TEXT(line(&t, REPORT_TABS, 30), "db:5432\topen\t0.12 ms\t\t220 hi there^[[2J\n");
    set_address(&t, "::1", 1);
    t.item.found = (struct finding){.state = PORT_NO_ANSWER, .took = 2000100000};
    CHECK_TEXT(line(&t, REPORT_TABS, 30), "[::1]:1\tno-answer\t2000.10 ms\t\t\n");
    set(&t, NULL, "/run/x", 0);
    t.item.found.state = PORT_CLOSED;
    CHECK_TEXT(line(&t, REPORT_TABS, 30), "unix:/run/x\tclosed\t0.00 ms\t\t\n");
}

static void address(void) {
    struct thing t;
    struct addr two[2];
    set(&t, "db", NULL, 1);
    t.item.found = (struct finding){.state = PORT_UNEXPECTED, .address = (char[]){"10.0.0.2"}};
    t.host.addrs = (struct addrs){two, 1};
    CHECK_TEXT(line(&t, REPORT_TABS, 0), "db:1\tunexpected\t0.00 ms\t\t\n");
    t.host.addrs.count = 2;
    CHECK_TEXT(line(&t, REPORT_TABS, 0), "db:1\tunexpected\t0.00 ms\t10.0.0.2\t\n");
    say(&t, (char[]){"no"});
    CHECK_TEXT(line(&t, REPORT_TABLE, 6), "db:1    unexpected      0.00 ms  10.0.0.2  no\n");
}

static void table(void) {
    struct thing t;
    set(&t, "db", NULL, 1);
    t.item.found = (struct finding){.state = PORT_OPEN, .took = 120000};
    say(&t, (char[]){"hi"});
    CHECK_TEXT(line(&t, REPORT_TABLE, 8), "db:1      open            0.12 ms  hi\n");
    set(&t, "db", NULL, 65535);
    t.item.found = (struct finding){.state = PORT_UNREACHABLE, .took = 2000000000};
    CHECK_TEXT(line(&t, REPORT_TABLE, 8), "db:65535  unreachable  2000.00 ms\n");
}

/* Lines with an address and lines without one, one behind the other. */
static void columns(void) {
    struct thing one, other;
    struct addr two[2];
    struct report r = {.format = REPORT_TABLE, .name_width = 4};
    struct buf b = {0};
    set(&one, "a", NULL, 1);
    set(&other, "b", NULL, 1);
    one.host.addrs = (struct addrs){two, 2};
    one.item.found = (struct finding){.state = PORT_OPEN, .address = (char[]){"10.0.0.2"}};
    other.item.found.state = PORT_OPEN;
    say(&other, (char[]){"hi"});
    report_put(&r, &b, &one.item);
    report_put(&r, &b, &other.item);
    CHECK_TEXT(text_of(&b), "a:1   open            0.00 ms  10.0.0.2\n"
                            "b:1   open            0.00 ms            hi\n");
}

static void names(void) {
    struct thing t;
    set(&t, NULL, "/run/\xe6\x97\xa5", 0);
    t.item.found.state = PORT_CLOSED;
    CHECK(report_width(&t.item) == 12);
    CHECK_TEXT(line(&t, REPORT_TABLE, 14), "unix:/run/\xe6\x97\xa5    closed          0.00 ms\n");
    set(&t, "db\r\n\t\x1b[2J\xff", NULL, 22);
    t.item.found.state = PORT_CLOSED;
    CHECK_TEXT(line(&t, REPORT_TABS, 0), "db  ^[[2J\\xff:22\tclosed\t0.00 ms\t\t\n");
    CHECK(report_width(&t.item) == 16);
}

static void json(void) {
    struct thing t;
    set(&t, "db", NULL, 22);
    t.item.found = (struct finding){.state = PORT_OPEN, .took = 123456, .address = (char[]){"::1"}};
    say(&t, (char[]){"a\"b"});
    CHECK_TEXT(line(&t, REPORT_JSON, 0),
               "{\"host\":\"db\",\"port\":22,\"state\":\"open\",\"ms\":0.123,\"address\":\"::1\","
               "\"banner\":\"a\\\"b\"}\n");
    set(&t, NULL, "/run/x", 0);
    t.item.found = (struct finding){.state = PORT_CLOSED, .error = ECONNREFUSED};
    CHECK_TEXT(line(&t, REPORT_JSON, 0),
               "{\"host\":\"unix:/run/x\",\"port\":null,\"state\":\"closed\",\"ms\":0.000,"
               "\"address\":null,\"error\":\"Connection refused\"}\n");
    set(&t, "nosuch", NULL, 9);
    t.item.found.state = PORT_UNRESOLVED;
    t.host.why = (char[]){"cannot resolve nosuch"};
    CHECK_TEXT(line(&t, REPORT_JSON, 0),
               "{\"host\":\"nosuch\",\"port\":9,\"state\":\"unresolved\",\"ms\":0.000,"
               "\"address\":null,\"error\":\"cannot resolve nosuch\"}\n");
    set_address(&t, "10.0.0.0/24", 9);
    t.item.place = 7;
    t.item.found.state = PORT_CLOSED;
    CHECK_TEXT(line(&t, REPORT_JSON, 0),
               "{\"host\":\"10.0.0.7\",\"port\":9,\"state\":\"closed\",\"ms\":0.000,"
               "\"address\":\"10.0.0.7\"}\n");
}

static void summaries(void) {
    struct thing t;
    set(&t, "db", NULL, 22);
    for (int i = 0; i < 3; i++) series_add(&t.series, &(struct finding){.state = PORT_CLOSED});
    CHECK_TEXT(summary(&t, REPORT_TABS, 9), "db:22\t3 probes\t0 open\t100% loss\n");
    t.series.rounds = 1;
    series_add(&t.series, &(struct finding){.state = PORT_OPEN, .took = 1000000});
    series_add(&t.series, &(struct finding){.state = PORT_OPEN, .took = 3000000});
    CHECK_TEXT(
        summary(&t, REPORT_TABS, 9),
        "db:22\t3 probes\t2 open\t33.33% loss\tmin/avg/max/stddev = 1.00/2.00/3.00/1.00 ms\tp50/p95/p99 = 1.00/3.00/3.00 ms\n");
    CHECK_TEXT(
        summary(&t, REPORT_TABLE, 7),
        "db:22    3 probes  2 open  33.33% loss  min/avg/max/stddev = 1.00/2.00/3.00/1.00 ms  p50/p95/p99 = 1.00/3.00/3.00 ms\n");
    CHECK_TEXT(
        summary(&t, REPORT_JSON, 7),
        "{\"host\":\"db\",\"port\":22,\"probes\":3,\"open\":2,\"loss\":33.3,"
        "\"min\":1.000,\"avg\":2.000,\"max\":3.000,\"stddev\":1.000,\"p50\":1.000,\"p95\":3.000,\"p99\":3.000}\n");
    series_free(&t.series);
}

static void rounds(void) {
    struct thing t;
    struct report r = {.format = REPORT_TABS};
    struct buf b = {0};
    set(&t, "db", NULL, 22);
    series_keep_marks(&t.series);
    series_add(&t.series, &(struct finding){.state = PORT_OPEN, .took = 1000000});
    series_add(&t.series, &(struct finding){.state = PORT_NO_ANSWER});
    series_add(&t.series, &(struct finding){.state = PORT_OPEN, .took = 8000000});
    CHECK(strstr(summary(&t, REPORT_JSON, 7), ",\"rounds\":[1.000,null,8.000]}\n"));
    report_put_graph(&r, &b, &t.item, 10);
    CHECK_TEXT(text_of(&b), "db:22\t▂×█\tat most 8.00 ms\n");
    series_free(&t.series);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a result for programs has five fields between tabs", tabs},
        {"the address is told where the name has several", address},
        {"a result for people stands in columns", table},
        {"a banner stands in its column with and without an address", columns},
        {"a name is made harmless, and takes the columns that are seen", names},
        {"a result in JSON has host, port, state, ms, address, and banner or error", json},
        {"a summary has the loss, and the times of what was open", summaries},
        {"the rounds are bars, and numbers in JSON", rounds},
    };
    return UNIT_RUN(tests);
}
