/* hub_url: where a hub is, and which of its rooms is meant, as people write it:
 * redis://[[USER]:PASS@]HOST[:PORT]/ROOM, redis+unix:PATH?room=ROOM[&password=PASS]. Pure. */
#ifndef SOCKKIT_CHAT_HUB_URL_H
#define SOCKKIT_CHAT_HUB_URL_H

#include <stdbool.h>
#include <stdint.h>

#define HUB_PORT 6379
#define HUB_ROOM_MOST 64 /* characters of a room's name, each printable and none a brace */

/* The strings are owned, %XX in them is decoded (RFC 3986); NULL where not given. */
struct hub_url {
    char *host, *path; /* one of them */
    uint16_t port;
    char *room;
    char *user, *password;
};

/* Returns NULL, or what is wrong, in words that show no password. Then, too, what it owns lasts. */
const char *hub_url_parse(const char *text, struct hub_url *out);
void hub_url_free(struct hub_url *url);

/* Nobody shall see a password: those of the text become asterisks. */
void hub_url_hide(char *text);

#endif
