#include "common/base/template.h"

#include <stdlib.h>

#include "unit.h"

static struct addr peer(const char *host) {
    struct addr a;
    CHECK(addr_numeric(host, 4711, &a));
    return a;
}

/* Filled in behind "> " with a time of 1700000000; owned by the caller. */
static char *filled(const char *text, const char *message, size_t size, const struct addr *from) {
    struct buf out = {0};
    buf_put(&out, "> ", 2);
    template_fill(&out, text, strlen(text),
                  &(struct template_message){message, size, from, 1700000000});
    buf_put(&out, "", 1);
    char *copy = malloc(out.size);
    memcpy(copy, buf_at(&out), out.size);
    buf_free(&out);
    return copy;
}

static void fills_to(const char *text, const char *host, const char *expected) {
    struct addr from = peer(host);
    CHECK(template_check(text, strlen(text)) == NULL);
    char *got = filled(text, "Bonjour", 7, &from);
    CHECK_TEXT(got, expected);
    free(got);
}

static void fields(void) {
    fills_to("", "127.0.0.1", "> ");
    fills_to("plain", "127.0.0.1", "> plain");
    fills_to("%m", "127.0.0.1", "> Bonjour");
    fills_to("%a %p", "127.0.0.1", "> 127.0.0.1 4711");
    fills_to("you, %a:%p, said '%m'%%%m", "::1", "> you, ::1:4711, said 'Bonjour'%Bonjour");
    fills_to("%%m", "127.0.0.1", "> %m");
    fills_to("100%%", "127.0.0.1", "> 100%");
}

static void unix_peer(void) {
    struct addr from = {0};
    from.as.any.sa_family = AF_UNIX;
    char *got = filled("%a %p", "", 0, &from);
    CHECK_TEXT(got, "> unix 0");
    free(got);
}

static void message_bytes(void) {
    struct addr from = peer("127.0.0.1");
    struct buf out = {0};
    template_fill(&out, "<%m>", 4, &(struct template_message){"%a\0\xff", 4, &from, 0});
    CHECK(out.size == 6 && memcmp(buf_at(&out), "<%a\0\xff>", 6) == 0);
    buf_free(&out);
}

static void time_has_offset(void) {
    static const struct {
        const char *zone, *text;
    } rows[] = {
        {"UTC0", "> 2023-11-14T22:13:20+00:00"},
        {"ONE-1", "> 2023-11-14T23:13:20+01:00"},
        {"IST-5:30", "> 2023-11-15T03:43:20+05:30"},
        {"NST3:30", "> 2023-11-14T18:43:20-03:30"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setenv("TZ", rows[i].zone, 1);
        tzset();
        fills_to("%t", "127.0.0.1", rows[i].text);
    }
}

static void wrong_is(const char *text, const char *expected) {
    const char *wrong = template_check(text, strlen(text));
    CHECK_TEXT(wrong != NULL ? wrong : "(nothing)", expected);
}

static void check_names_the_field(void) {
    wrong_is("%m%q", "unknown '%q' (%m %a %p %t %% are known)");
    wrong_is("%%%M", "unknown '%M' (%m %a %p %t %% are known)");
    wrong_is("% m", "unknown '% ' (%m %a %p %t %% are known)");
    wrong_is("%\u00e9t\u00e9", "unknown '%\u00e9' (%m %a %p %t %% are known)");
    wrong_is("%\x1b[0m", "unknown '%\\x1b' (%m %a %p %t %% are known)");
    wrong_is("%\n", "unknown '%\\n' (%m %a %p %t %% are known)");
    wrong_is("%\xff", "unknown '%\\xff' (%m %a %p %t %% are known)");
    wrong_is("%\u202e", "unknown '%\\u{202E}' (%m %a %p %t %% are known)");
    wrong_is("100%", "a '%' stands at its end ('%%' is a percent sign)");
    wrong_is("%%%", "a '%' stands at its end ('%%' is a percent sign)");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"fields are filled in", fields},
        {"a Unix peer is named unix", unix_peer},
        {"the message's bytes stay as they are", message_bytes},
        {"the time has its offset", time_has_offset},
        {"the check names the unknown field", check_names_the_field},
    };
    return UNIT_RUN(tests);
}
