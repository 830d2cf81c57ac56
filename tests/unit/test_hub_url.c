#include "applets/chat/hub_url.h"

#include <stdlib.h>

#include "unit.h"

static const char *or_none(const char *text) { return text ? text : "-"; }

/* "HOST PATH PORT ROOM USER PASSWORD", or what is wrong. */
static void check(const char *text, const char *expected) {
    struct hub_url url;
    char got[512];
    const char *why = hub_url_parse(text, &url);
    if (why)
        snprintf(got, sizeof got, "%.200s", why);
    else
        snprintf(got, sizeof got, "%s %s %d %s %s %s", or_none(url.host), or_none(url.path),
                 url.port, or_none(url.room), or_none(url.user), or_none(url.password));
    CHECK_TEXT(got, expected);
    hub_url_free(&url);
}

#define FORM "a hub is written redis://[[USER]:PASS@]HOST[:PORT]/ROOM or redis+unix:PATH?room=ROOM"
#define ROOMS "the name of a room has 1 to 64 printable characters, and no braces"
#define PERCENT "a '%' is not followed by two hexadecimal digits"

static void reads_urls(void) {
    check("redis://h/r", "h - 6379 r - -");
    check("redis://h:1/a/b?c", "h - 1 a/b?c - -");
    check("redis://[::1]:7/r", "::1 - 7 r - -");
    check("redis://:p@h/r", "h - 6379 r - p");
    check("redis://u:p:q@h/r@s", "h - 6379 r@s u p:q");
    check("redis://u@h/r", "h - 6379 r u -");
    check("redis://u%3a:p%2F%40@h/caf%C3%A9%20x", "h - 6379 café x u: p/@");
    check("redis+unix:/a/b?room=r", "- /a/b 6379 r - -");
    check("redis+unix:a%3Fb?password=p%26&room=r=s", "- a?b 6379 r=s - p&");
}

static void says_what_is_wrong(void) {
    check("", FORM);
    check("http://h/r", FORM);
    check("redis://h", FORM);
    check("redis://h/", ROOMS);
    check("redis:///r", "the host is missing");
    check("redis://h:0/r", "the port is not a number from 1 to 65535");
    check("redis://h:x/r", "the port is not a number from 1 to 65535");
    check("redis://h/{r", ROOMS);
    check("redis://h/r%7D", ROOMS);
    check("redis://h/a%0Ab", ROOMS);
    check("redis://h/%FF", ROOMS);
    check("redis://h/r%0", PERCENT);
    check("redis://h/r%00", PERCENT);
    check("redis://:%x@h/r", PERCENT);
    check("redis+unix:/a", FORM);
    check("redis+unix:?room=r", FORM);
    check("redis+unix:/a?rooms=r", FORM);
    check("redis+unix:/a?password=p", FORM);
}

static void bounds_the_name_of_a_room(void) {
    char text[256] = "redis://h/", *end = text + strlen(text);
    for (int i = 0; i < 64; i++) strcat(text, "é");
    struct hub_url url;
    CHECK(!hub_url_parse(text, &url) && !strcmp(url.room, end));
    hub_url_free(&url);
    strcat(text, "x");
    check(text, ROOMS);
}

static void hides(const char *text, const char *expected) {
    char copy[128];
    snprintf(copy, sizeof copy, "%s", text);
    hub_url_hide(copy);
    CHECK_TEXT(copy, expected);
}

static void hides_passwords(void) {
    hides("redis://u:secret@h/r", "redis://u:******@h/r");
    hides("redis://:s/c@ret@h/r", "redis://:*******@h/r");
    hides("redis://secret@h/r", "redis://******@h/r");
    hides("redis://h/r", "redis://h/r");
    hides("redis+unix:/p?room=r&password=s&x", "redis+unix:/p?room=r&password=***");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a URL is read, what it encodes decoded", reads_urls},
        {"what is no URL of a hub is refused in words", says_what_is_wrong},
        {"a room has 64 characters at most", bounds_the_name_of_a_room},
        {"a password becomes asterisks, be it badly written", hides_passwords},
    };
    return UNIT_RUN(tests);
}
