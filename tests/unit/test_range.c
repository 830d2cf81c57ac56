#include "applets/probe/range.h"

#include "unit.h"

/* "FIRST LAST COUNT", "name", or what is wrong; valid until the next call. */
static const char *parsed(const char *text) {
    static char out[512];
    char first[ADDR_TEXT], last[ADDR_TEXT];
    struct range r;
    struct addr a;
    const char *why = range_parse(text, &r);
    if (why) return why;
    if (r.count == 0) return "name";
    range_at(&r, 0, 0, &a);
    addr_host_text(&a, first);
    range_at(&r, r.count - 1, 0, &a);
    addr_host_text(&a, last);
    CHECK(!r.single || r.count == 1);
    snprintf(out, sizeof out, r.single ? "%s" : "%s %s %llu", first, last,
             (unsigned long long)r.count);
    return out;
}

static void addresses_and_names(void) {
    CHECK_TEXT(parsed("10.0.0.5"), "10.0.0.5");
    CHECK_TEXT(parsed("::1"), "::1");
    CHECK_TEXT(parsed("db"), "name");
    CHECK_TEXT(parsed("db-5"), "name");
    CHECK_TEXT(parsed("my-host-20.example"), "name");
    CHECK_TEXT(parsed("10.0.0"), "name");
}

static void networks(void) {
    CHECK_TEXT(parsed("10.0.0.0/24"), "10.0.0.0 10.0.0.255 256");
    CHECK_TEXT(parsed("10.0.0.77/30"), "10.0.0.76 10.0.0.79 4");
    CHECK_TEXT(parsed("10.0.0.1/32"), "10.0.0.1 10.0.0.1 1");
    CHECK_TEXT(parsed("0.0.0.0/0"), "0.0.0.0 255.255.255.255 4294967296");
    CHECK_TEXT(parsed("fd00::ff/120"), "fd00:: fd00::ff 256");
    CHECK_TEXT(parsed("::1/128"), "::1 ::1 1");
    CHECK_TEXT(parsed("fd00::/96"), "fd00:: fd00::ffff:ffff 4294967296");
}

static void ends(void) {
    CHECK_TEXT(parsed("10.0.0.5-20"), "10.0.0.5 10.0.0.20 16");
    CHECK_TEXT(parsed("10.0.0.5-5"), "10.0.0.5 10.0.0.5 1");
    CHECK_TEXT(parsed("10.0.0.5-10.0.2.0"), "10.0.0.5 10.0.2.0 508");
    CHECK_TEXT(parsed("fd00::1-fd00::1f"), "fd00::1 fd00::1f 31");
}

static void malformed(void) {
    CHECK_TEXT(parsed("10.0.0.0/33"), "an IPv4 network has 0 to 32 bits");
    CHECK_TEXT(parsed("10.0.0.0/"), "an IPv4 network has 0 to 32 bits");
    CHECK_TEXT(parsed("10.0.0.0/+8"), "an IPv4 network has 0 to 32 bits");
    CHECK_TEXT(parsed("10.0.0.0/8/8"), "an IPv4 network has 0 to 32 bits");
    CHECK_TEXT(parsed("::/129"), "an IPv6 network has 0 to 128 bits");
    CHECK_TEXT(parsed("fd00::/64"), "too many addresses (a /96 at most)");
    CHECK_TEXT(parsed("db/24"), "a network is ADDRESS/BITS");
    CHECK_TEXT(parsed("10.0.0.20-5"), "the range ends before it begins");
    CHECK_TEXT(parsed("10.0.0.5-256"), "a range of addresses is FIRST-LAST, such as 10.0.0.5-20");
    CHECK_TEXT(parsed("10.0.0.5-"), "a range of addresses is FIRST-LAST, such as 10.0.0.5-20");
    CHECK_TEXT(parsed("10.0.0.5-fd00::1"),
               "a range of addresses is FIRST-LAST, such as 10.0.0.5-20");
}

static bool has(const char *range, const char *address) {
    struct range r;
    struct addr a;
    CHECK(range_parse(range, &r) == NULL && addr_numeric(address, 80, &a));
    return range_has(&r, &a);
}

static void membership(void) {
    CHECK(has("10.0.0.0/24", "10.0.0.0") && has("10.0.0.0/24", "10.0.0.255"));
    CHECK(!has("10.0.0.0/24", "10.0.1.0") && !has("10.0.0.0/24", "9.255.255.255"));
    CHECK(has("0.0.0.0/0", "255.255.255.255"));
    CHECK(has("10.0.0.5", "10.0.0.5") && !has("10.0.0.5", "10.0.0.6"));
    CHECK(has("fd00::/120", "fd00::42") && !has("fd00::/120", "fd01::42"));
    CHECK(!has("0.0.0.0/0", "::1"));
}

int main(void) {
    static const struct unit_test tests[] = {
        {"an address is one, and anything else is a name", addresses_and_names},
        {"a network has all its addresses, the first and the last too", networks},
        {"a range has its first and its last address", ends},
        {"what is no network and no range is refused", malformed},
        {"an address is told to be in a range or not", membership},
    };
    return UNIT_RUN(tests);
}
