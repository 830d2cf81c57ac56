/* hub_parts: what the three files of a hub know of each other: hub.c, its coming and going;
 * hub_orders.c, the commands for it and their replies; hub_log.c, the log that it keeps. */
#ifndef SOCKKIT_CHAT_HUB_PARTS_H
#define SOCKKIT_CHAT_HUB_PARTS_H

#include "applets/chat/hub.h"

/* Gives the connections up, and tries again later. `why` is for the narration. */
void hub_lose(struct hub *h, const char *why);
/* Because of an error that a reply is: of some kinds of them the hub does not want us. */
void hub_hear_error(struct hub *h, const struct resp_item *item);
/* h->greeting is complete. */
void hub_entered(struct hub *h);
/* The log has been read as far as it went when the hub was entered. */
void hub_caught_up(struct hub *h);

/* For h->talk. */
void hub_orders_up(struct engine *e);
void hub_orders_item(struct engine *e, const struct resp_item *item);
/* Enters the hub as soon as both connections are there. */
void hub_orders_enter(struct hub *h);
void hub_orders_beat(struct hub *h);
/* At the end of this turn what waits is sent, as far as it may be. */
void hub_orders_flush(struct hub *h);

/* For h->ears. */
void hub_log_item(struct engine *e, const struct resp_item *item);
/* Asks for what comes behind h->id. */
void hub_log_read(struct hub *h);

#endif
