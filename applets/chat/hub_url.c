#include "applets/chat/hub_url.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/net/endpoint.h"

#define TCP "redis://"
#define UNIX "redis+unix:"

static const char form[] =
    "a hub is written redis://[[USER]:PASS@]HOST[:PORT]/ROOM or redis+unix:PATH?room=ROOM";

/* --- pieces --- */

/* A copy of n bytes, decoded, at *out. */
static const char *take(const char *text, size_t n, char **out) {
    free(*out);
    *out = endpoint_decode(text, n);
    return *out ? NULL : "a '%' is not followed by two hexadecimal digits";
}

static bool is_printable(uint32_t point) {
    bool control = point < ' ' || (point >= 0x7F && point < 0xA0) || utf8_is_bidi(point);
    return point != UTF8_INVALID && !control && point != '{' && point != '}' && point != 0x2028 &&
           point != 0x2029;
}

static const char *check_room(const char *room) {
    size_t characters = 0, left = strlen(room);
    for (uint32_t point; left > 0; characters++) {
        size_t n = utf8_next(room, left, &point);
        if (!is_printable(point) || characters == HUB_ROOM_MOST) break;
        room += n;
        left -= n;
    }
    return left == 0 && characters > 0
               ? NULL
               : "the name of a room has 1 to 64 printable characters, and no braces";
}

static const char *take_room(const char *text, size_t n, struct hub_url *out) {
    const char *why = take(text, n, &out->room);
    return why ? why : check_room(out->room);
}

/* --- over TCP --- */

/* The end of the user and password, an '@'; NULL: there are none. */
static const char *find_at(const char *text) {
    size_t size = strcspn(text, "/");
    const char *at = NULL;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '@') at = text + i;
    return at;
}

static const char *take_user(const char *text, const char *at, struct hub_url *out) {
    const char *colon = memchr(text, ':', (size_t)(at - text));
    if (!colon) return take(text, (size_t)(at - text), &out->user);
    const char *why = take(colon + 1, (size_t)(at - colon - 1), &out->password);
    return why || colon == text ? why : take(text, (size_t)(colon - text), &out->user);
}

static const char *parse_tcp(const char *text, struct hub_url *out) {
    const char *at = find_at(text);
    const char *why = at ? take_user(text, at, out) : NULL;
    if (at) text = at + 1;
    size_t host = strcspn(text, "/");
    if (!why) why = endpoint_authority(text, host, &out->host, &out->port);
    if (why) return why;
    return text[host] ? take_room(text + host + 1, strlen(text + host + 1), out) : form;
}

/* --- over a Unix-domain socket --- */

static const char *take_pair(const char *pair, size_t n, struct hub_url *out) {
    static const char room[] = "room=", password[] = "password=";
    size_t head = sizeof room - 1;
    if (n >= head && !memcmp(pair, room, head)) return take_room(pair + head, n - head, out);
    head = sizeof password - 1;
    if (n < head || memcmp(pair, password, head) != 0) return form;
    return take(pair + head, n - head, &out->password);
}

static const char *parse_unix(const char *text, struct hub_url *out) {
    size_t n = strcspn(text, "?");
    const char *why = n > 0 ? take(text, n, &out->path) : form;
    for (text += n; !why && *text; text += n) {
        n = strcspn(++text, "&");
        why = take_pair(text, n, out);
    }
    return why || out->room ? why : form;
}

/* --- the whole --- */

const char *hub_url_parse(const char *text, struct hub_url *out) {
    *out = (struct hub_url){.port = HUB_PORT};
    if (!strncmp(text, TCP, sizeof TCP - 1)) return parse_tcp(text + sizeof TCP - 1, out);
    if (!strncmp(text, UNIX, sizeof UNIX - 1)) return parse_unix(text + sizeof UNIX - 1, out);
    return form;
}

void hub_url_free(struct hub_url *url) {
    free(url->host);
    free(url->path);
    free(url->room);
    free(url->user);
    free(url->password);
    *url = (struct hub_url){.host = NULL};
}

/* More than a password, rather than a part of one whose '/' or '&' should have been encoded. */
void hub_url_hide(char *text) {
    char *slashes = strstr(text, "://"), *at = strrchr(text, '@'),
         *pair = strstr(text, "password=");
    if (slashes && at > slashes + 3) {
        char *colon = memchr(slashes + 3, ':', (size_t)(at - slashes - 3));
        char *secret = colon ? colon + 1 : slashes + 3;
        memset(secret, '*', (size_t)(at - secret));
    }
    if (pair) memset(pair + 9, '*', strlen(pair + 9));
}
