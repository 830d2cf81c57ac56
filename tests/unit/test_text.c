#include "common/base/text.h"

#include <errno.h>

#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int64_t number(const char *text) {
    int64_t value = -12345;
    errno = 0;
    CHECK((text_number(text, &value) == 0) == (value != -12345));
    return value;
}

static void numbers(void) {
    CHECK(number("0") == 0);
    CHECK(number("+42") == 42);
    CHECK(number("-7") == -7);
    CHECK(number("007") == 7);
    CHECK(number("9223372036854775807") == INT64_MAX);
    CHECK(number("-9223372036854775808") == INT64_MIN);
    static const char *const malformed[] = {"",
                                            " 1",
                                            "1 ",
                                            "+",
                                            "-",
                                            "+-1",
                                            "1x",
                                            "0x1",
                                            "1.0",
                                            "\t1",
                                            "1\n",
                                            "abc",
                                            "99999999999999999999x"};
    for (size_t i = 0; i < COUNT(malformed); i++)
        CHECK(number(malformed[i]) == -12345 && errno == EINVAL);
    CHECK(number("9223372036854775808") == -12345 && errno == ERANGE);
    CHECK(number("-9223372036854775809") == -12345 && errno == ERANGE);
}

static int64_t time_of(const char *text) {
    int64_t value = -1;
    errno = 0;
    CHECK((text_time(text, &value) == 0) == (value != -1));
    return value;
}

static void times(void) {
    CHECK(time_of("2") == 2 * TEXT_NS_PER_S);
    CHECK(time_of("500ms") == 500 * TEXT_NS_PER_MS);
    CHECK(time_of("1.5s") == 1500 * TEXT_NS_PER_MS);
    CHECK(time_of(".25") == 250 * TEXT_NS_PER_MS);
    CHECK(time_of("2m") == 120 * TEXT_NS_PER_S);
    CHECK(time_of("1h") == 3600 * TEXT_NS_PER_S);
    CHECK(time_of("0") == 0);
    CHECK(time_of("0.000000001") == 1);
    CHECK(time_of("0.0000000019999999999999999999999999") == 1);
    CHECK(time_of("9223372036.854775807") == INT64_MAX);
    static const char *const malformed[] = {"",   "-1",  "+1",    " 1",  "1 ",  ".",
                                            "1.", "s",   "ms",    "1x",  "1sm", "1S",
                                            "1d", "1 s", "1.5.5", "1,5", "0x10"};
    for (size_t i = 0; i < COUNT(malformed); i++)
        CHECK(time_of(malformed[i]) == -1 && errno == EINVAL);
    CHECK(time_of("9223372036.854775808") == -1 && errno == ERANGE);
    CHECK(time_of("9223372037") == -1 && errno == ERANGE);
    CHECK(time_of("2562048h") == -1 && errno == ERANGE);
    CHECK(time_of("99999999999999999999999999") == -1 && errno == ERANGE);
}

static uint64_t size_of(const char *text) {
    uint64_t value = 12345;
    errno = 0;
    CHECK((text_size(text, &value) == 0) == (value != 12345));
    return value;
}

static void sizes(void) {
    CHECK(size_of("0") == 0);
    CHECK(size_of("4096") == 4096);
    CHECK(size_of("64K") == 65536);
    CHECK(size_of("64k") == 65536);
    CHECK(size_of("1M") == 1 << 20);
    CHECK(size_of("1.5M") == 3 << 19);
    CHECK(size_of("2G") == UINT64_C(1) << 31);
    CHECK(size_of("18446744073709551615") == UINT64_MAX);
    static const char *const malformed[] = {"", "-1", "K", "1.5", "1KB", "1 K", "1e3", "4.K"};
    for (size_t i = 0; i < COUNT(malformed); i++)
        CHECK(size_of(malformed[i]) == 12345 && errno == EINVAL);
    CHECK(size_of("18446744073709551616") == 12345 && errno == ERANGE);
    CHECK(size_of("17179869184G") == 12345 && errno == ERANGE);
    CHECK(size_of("17179869183.5G") == UINT64_MAX - (1 << 29) + 1);
}

static void durations_choose_their_unit(void) {
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        {-1, "0.00 ms"},
        {0, "0.00 ms"},
        {120000, "0.12 ms"},
        {9994999, "9.99 ms"},
        {9995000, "10 ms"},
        {350 * TEXT_NS_PER_MS, "350 ms"},
        {999499999, "999 ms"},
        {999500000, "1.0 s"},
        {1234 * TEXT_NS_PER_MS, "1.2 s"},
        {59949 * TEXT_NS_PER_MS, "59.9 s"},
        {59950 * TEXT_NS_PER_MS, "1 min 0 s"},
        {200 * TEXT_NS_PER_S, "3 min 20 s"},
        {3599499 * TEXT_NS_PER_MS, "59 min 59 s"},
        {3599500 * TEXT_NS_PER_MS, "1 h 0 min"},
        {7500 * TEXT_NS_PER_S, "2 h 5 min"},
        {INT64_MAX, "2562047 h 47 min"},
    };

    char out[TEXT_SHORT];
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_TEXT(text_duration(rows[i].ns, out), rows[i].text);
}

static void bytes_choose_their_unit(void) {
    char out[TEXT_SHORT];
    CHECK_TEXT(text_bytes(0, out), "0 B");
    CHECK_TEXT(text_bytes(812, out), "812 B");
    CHECK_TEXT(text_bytes(1023, out), "1023 B");
    CHECK_TEXT(text_bytes(1024, out), "1.0 KiB");
    CHECK_TEXT(text_bytes(3 << 19, out), "1.5 MiB");
    CHECK_TEXT(text_bytes((1 << 20) - 52, out), "1023.9 KiB");
    CHECK_TEXT(text_bytes((1 << 20) - 51, out), "1.0 MiB");
    CHECK_TEXT(text_bytes(UINT64_C(5) << 30, out), "5.0 GiB");
    CHECK_TEXT(text_bytes(UINT64_MAX, out), "16.0 EiB");
}

static const char *nearest(const char *word) {
    static const char *const list[] = {"serve", "connect", "udp-serve", "echo",
                                       "cmd",   "chat",    NULL};
    const char *found = text_nearest(word, list);
    return found != NULL ? found : "(none)";
}

static void nearest_words(void) {
    CHECK_TEXT(nearest("serve"), "serve");
    CHECK_TEXT(nearest("serv"), "serve");
    CHECK_TEXT(nearest("sevre"), "serve");
    CHECK_TEXT(nearest("esvre"), "serve");
    CHECK_TEXT(nearest("conect"), "connect");
    CHECK_TEXT(nearest("SERVE"), "serve");
    CHECK_TEXT(nearest("SREVE"), "serve");
    CHECK_TEXT(nearest("connection"), "(none)");
    CHECK_TEXT(nearest("cho"), "echo");
    CHECK_TEXT(nearest("ech"), "echo");
    CHECK_TEXT(nearest("cat"), "chat");
    CHECK_TEXT(nearest("cm"), "cmd");
    CHECK_TEXT(nearest("listen"), "(none)");
    CHECK_TEXT(nearest("xx"), "(none)");
    CHECK_TEXT(nearest("c"), "(none)");
    CHECK_TEXT(nearest(""), "(none)");
    char word[300] = {0};
    memset(word, 'e', sizeof word - 1);
    CHECK_TEXT(nearest(word), "(none)");
    const char *const huge[] = {word, "eee", NULL};
    CHECK_TEXT(text_nearest("eeee", huge), "eee");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"numbers are whole, signed and within 64 bits", numbers},
        {"times have units and fractions", times},
        {"sizes have powers of 1024", sizes},
        {"a duration is shown in the unit that fits it, rounded", durations_choose_their_unit},
        {"a size is shown in the unit that fits it, rounded", bytes_choose_their_unit},
        {"the nearest word is at most two edits away", nearest_words},
    };
    return UNIT_RUN(tests);
}
