#include "applets/probe/report.h"

#include <errno.h>

#include "unit.h"

static struct scan_host db = {.name = {.host = "db"}}, v6 = {.name = {.host = "::1"}},
                        path = {.name = {.path = "/run/x"}};

/* The line of an item; valid until the next call. */
static const char *line(const struct scan_item *i, enum report_format format, int width) {
    static char out[512];
    struct buf b = {0};
    report_put(&b, i, format, width);
    snprintf(out, sizeof out, "%.*s", (int)b.size, buf_at(&b));
    buf_free(&b);
    return out;
}

static const char *summary(const struct scan_item *i, const struct tally *t,
                           enum report_format format, int width) {
    static char out[512];
    struct buf b = {0};
    report_put_summary(&b, i, t, format, width);
    snprintf(out, sizeof out, "%.*s", (int)b.size, buf_at(&b));
    buf_free(&b);
    return out;
}

static void tabs(void) {
    struct scan_item i = {
        .host = &db, .port = 5432, .found.state = PORT_OPEN, .found.took = 120000};
    CHECK_TEXT(line(&i, REPORT_TABS, 30), "db:5432\topen\t0.12 ms\n");
    i.found.said = (char[]){"220 hi\tthere\x1b[2J"};
    i.found.said_size = strlen(i.found.said);
    CHECK_TEXT(line(&i, REPORT_TABS, 30), "db:5432\topen\t0.12 ms\t220 hi there^[[2J\n");
    i = (struct scan_item){
        .host = &v6, .port = 1, .found.state = PORT_NO_ANSWER, .found.took = 2000100000};
    CHECK_TEXT(line(&i, REPORT_TABS, 30), "[::1]:1\tno-answer\t2000.10 ms\n");
    i = (struct scan_item){.host = &path, .found.state = PORT_CLOSED};
    CHECK_TEXT(line(&i, REPORT_TABS, 30), "unix:/run/x\tclosed\t0.00 ms\n");
}

static void table(void) {
    struct scan_item i = {.host = &db,
                          .port = 1,
                          .found.state = PORT_OPEN,
                          .found.took = 120000,
                          .found.said = (char[]){"hi"},
                          .found.said_size = 2};
    CHECK_TEXT(line(&i, REPORT_TABLE, 8), "db:1      open            0.12 ms  hi\n");
    i = (struct scan_item){
        .host = &db, .port = 65535, .found.state = PORT_UNREACHABLE, .found.took = 2000000000};
    CHECK_TEXT(line(&i, REPORT_TABLE, 8), "db:65535  unreachable  2000.00 ms\n");
}

static void names(void) {
    struct scan_host wide = {.name = {.path = "/run/\xe6\x97\xa5"}},
                     odd = {.name = {.host = "db\r\n\t\x1b[2J\xff"}};
    struct scan_item i = {.host = &wide, .found.state = PORT_CLOSED};
    CHECK(report_width(&i) == 12);
    CHECK_TEXT(line(&i, REPORT_TABLE, 14), "unix:/run/\xe6\x97\xa5    closed          0.00 ms\n");
    i = (struct scan_item){.host = &odd, .port = 22, .found.state = PORT_CLOSED};
    CHECK_TEXT(line(&i, REPORT_TABS, 0), "db  ^[[2J\\xff:22\tclosed\t0.00 ms\n");
    CHECK(report_width(&i) == 16);
}

static void json(void) {
    struct scan_item i = {.host = &db,
                          .port = 22,
                          .found.state = PORT_OPEN,
                          .found.took = 123456,
                          .found.said = (char[]){"a\"b"},
                          .found.said_size = 3};
    CHECK_TEXT(
        line(&i, REPORT_JSON, 0),
        "{\"host\":\"db\",\"port\":22,\"state\":\"open\",\"ms\":0.123,\"banner\":\"a\\\"b\"}\n");
    i = (struct scan_item){.host = &path, .found.state = PORT_CLOSED, .found.error = ECONNREFUSED};
    CHECK_TEXT(
        line(&i, REPORT_JSON, 0),
        "{\"host\":\"unix:/run/x\",\"port\":null,\"state\":\"closed\",\"ms\":0.000,\"error\":\"Connection refused\"}\n");
    struct scan_host unknown = {.name = {.host = "nosuch"},
                                .why = (char[]){"cannot resolve nosuch"}};
    i = (struct scan_item){.host = &unknown, .port = 9, .found.state = PORT_UNRESOLVED};
    CHECK_TEXT(
        line(&i, REPORT_JSON, 0),
        "{\"host\":\"nosuch\",\"port\":9,\"state\":\"unresolved\",\"ms\":0.000,\"error\":\"cannot resolve nosuch\"}\n");
}

static void summaries(void) {
    struct scan_item i = {.host = &db, .port = 22};
    struct tally t = {.tries = 3};
    CHECK_TEXT(summary(&i, &t, REPORT_TABS, 9), "db:22\t3 probes\t0 open\t100% loss\n");
    stats_add(&t.times, 1e6);
    stats_add(&t.times, 3e6);
    CHECK_TEXT(
        summary(&i, &t, REPORT_TABS, 9),
        "db:22\t3 probes\t2 open\t33.33% loss\tmin/avg/max/stddev = 1.00/2.00/3.00/1.00 ms\n");
    t.tries = 4;
    CHECK_TEXT(
        summary(&i, &t, REPORT_TABLE, 7),
        "db:22    4 probes  2 open  50% loss  min/avg/max/stddev = 1.00/2.00/3.00/1.00 ms\n");
    t.tries = 3;
    CHECK_TEXT(summary(&i, &t, REPORT_JSON, 7),
               "{\"host\":\"db\",\"port\":22,\"probes\":3,\"open\":2,\"loss\":33.3,"
               "\"min\":1.000,\"avg\":2.000,\"max\":3.000,\"stddev\":1.000}\n");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a result for programs has its fields between tabs", tabs},
        {"a result for people stands in columns", table},
        {"a name is made harmless, and takes the columns that are seen", names},
        {"a result in JSON has host, port, state, ms, and banner or error where there is one",
         json},
        {"a summary has the loss, and the times of what was open", summaries},
    };
    return UNIT_RUN(tests);
}
