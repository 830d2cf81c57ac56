#include "applets/probe/ports.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "unit.h"

static const char *look_up(void *ctx, const char *name, uint16_t *port) {
    ++*(int *)ctx;
    if (strcmp(name, "http-alt") != 0) return "unknown service name";
    *port = 8080;
    return NULL;
}

/* "22 80 8000-8100", or what is wrong; valid until the next call. */
static const char *parsed(const char *text) {
    static char out[256];
    struct port_list list;
    struct buf shown = {0};
    int asked = 0;
    const char *why = ports_parse(text, look_up, &asked, &list);
    if (why) {
        CHECK(list.items == NULL && list.count == 0);
        return why;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct port_range *r = &list.items[i];
        CHECK(!r->single || r->first == r->last);
        buf_format(&shown, r->single ? "%s%u" : "%s%u-%u", i ? " " : "", (unsigned)r->first,
                   (unsigned)r->last);
    }
    snprintf(out, sizeof out, "%.*s", (int)shown.size, buf_at(&shown));
    buf_free(&shown);
    ports_free(&list);
    return out;
}

static void lists(void) {
    CHECK_TEXT(parsed("22"), "22");
    CHECK_TEXT(parsed("22,80,8000-8100,http-alt"), "22 80 8000-8100 8080");
    CHECK_TEXT(parsed("1-65535"), "1-65535");
    CHECK_TEXT(parsed("80,80,79"), "80 80 79");
    CHECK_TEXT(parsed("80-80"), "80-80");
    CHECK_TEXT(parsed("0080"), "80");
}

static void malformed(void) {
    static const char *const texts[] = {"",
                                        ",",
                                        "80,",
                                        ",80",
                                        "80,,81",
                                        "80-",
                                        "-80",
                                        "80-81-82",
                                        "80-http-alt",
                                        "90-80",
                                        "0",
                                        "0-80",
                                        "65536",
                                        "80-65536",
                                        "+80",
                                        " 80",
                                        "80 ",
                                        "8O",
                                        "nosuch",
                                        "80x",
                                        "4294967376",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int asked = 0;
        struct port_list list;
        CHECK(ports_parse(texts[i], look_up, &asked, &list) != NULL);
        CHECK(list.items == NULL);
    }
    CHECK_TEXT(parsed("80,nosuch"), "unknown service name");
    CHECK_TEXT(parsed("0"), "out of range (1 to 65535)");
    CHECK_TEXT(parsed("9-8"), "the range ends before it begins");
}

static void numbers_are_not_looked_up(void) {
    struct port_list list;
    int asked = 0;
    CHECK(ports_parse("1,2-3", look_up, &asked, &list) == NULL);
    CHECK(asked == 0);
    ports_free(&list);
}

static void ports_and_hosts(void) {
    CHECK(ports_only("80"));
    CHECK(ports_only("22,80-90"));
    CHECK(ports_only("22,http"));
    CHECK(ports_only(",80"));
    CHECK(!ports_only(""));
    CHECK(!ports_only("http"));
    CHECK(!ports_only("127.0.0.1"));
    CHECK(!ports_only("::1"));
    CHECK(!ports_only("-80"));
    CHECK(!ports_only("80a"));
    CHECK(!ports_only("unix:/a,b"));
}

static bool same(const char *one, const char *other) {
    struct port_list a, b;
    int asked = 0;
    ports_parse(one, look_up, &asked, &a);
    ports_parse(other, look_up, &asked, &b);
    bool result = ports_equal(&a, &b);
    ports_free(&a);
    ports_free(&b);
    return result;
}

static void equality(void) {
    CHECK(same("80,81", "80,81"));
    CHECK(same("8080", "http-alt"));
    CHECK(!same("80", "81"));
    CHECK(!same("80", "80,81"));
    CHECK(!same("80", "80-80"));
    CHECK(!same("80-90", "80-91"));
}

int main(void) {
    static const struct unit_test tests[] = {
        {"ports are numbers, ranges and services, in the order written", lists},
        {"what is no port is refused", malformed},
        {"a number is not looked up", numbers_are_not_looked_up},
        {"ports are told from hosts by their characters", ports_and_hosts},
        {"lists are equal when they name the same ports in the same way", equality},
    };
    return UNIT_RUN(tests);
}
