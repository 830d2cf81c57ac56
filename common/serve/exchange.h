/* exchange: what -v tells of requests and answers. */
#ifndef SOCKKIT_SERVE_EXCHANGE_H
#define SOCKKIT_SERVE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/msg.h"

/* True when they are to be told: who asks first spares itself the names. */
static inline bool exchange_told(void) { return msg_level() >= 1; }

/* Narrate `PEER request "..."` and `PEER answer "..."`: the first 256 bytes, escaped as in C. */
void exchange_request(const char *peer, const char *bytes, size_t n);
void exchange_answer(const char *peer, const char *bytes, size_t n);

#endif
