#include "applets/probe/json.h"

#include "unit.h"

static const char *quoted(const char *s, size_t n) {
    static char out[512];
    struct buf b = {0};
    json_string(&b, s, n);
    snprintf(out, sizeof out, "%.*s", (int)b.size, buf_at(&b));
    buf_free(&b);
    return out;
}

#define QUOTED(literal) quoted(literal, sizeof literal - 1)

static void plain(void) {
    CHECK_TEXT(QUOTED(""), "\"\"");
    CHECK_TEXT(QUOTED("Bonjour"), "\"Bonjour\"");
    CHECK_TEXT(QUOTED("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
               "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void escaped(void) {
    CHECK_TEXT(QUOTED("say \"a\\b\""), "\"say \\\"a\\\\b\\\"\"");
    CHECK_TEXT(QUOTED("\t\r\n\b\f"), "\"\\t\\r\\n\\b\\f\"");
    CHECK_TEXT(QUOTED("\0\x1b[31m\x7f"), "\"\\u0000\\u001b[31m\\u007f\"");
    CHECK_TEXT(QUOTED("\xc2\x9b\xe2\x80\xae"), "\"\\u009b\\u202e\"");
}

static void no_text(void) {
    CHECK_TEXT(QUOTED("a\xff\xfe"
                      "b"),
               "\"a\xef\xbf\xbd\xef\xbf\xbd"
               "b\"");
    CHECK_TEXT(QUOTED("\xc3"), "\"\xef\xbf\xbd\"");
    CHECK_TEXT(QUOTED("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"text stays as it is", plain},
        {"quotes, backslashes, controls and what turns text around are escaped", escaped},
        {"bytes that are no UTF-8 become the replacement character", no_text},
    };
    return UNIT_RUN(tests);
}
