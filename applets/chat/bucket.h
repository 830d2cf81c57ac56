/* bucket: so many tokens a second (the token bucket). A second's worth may be spent at once; then
 * one at a time. Pure. */
#ifndef SOCKKIT_CHAT_BUCKET_H
#define SOCKKIT_CHAT_BUCKET_H

#include <stdint.h>

struct bucket {
    double rate; /* tokens a second; 0: no limit */
    double tokens;
    int64_t counted; /* ns: when they were counted last */
};

void bucket_start(struct bucket *b, double rate, int64_t now);
/* Spends a token. How long (ns) until there is a next one; 0: there is. Spend none before that. */
int64_t bucket_spend(struct bucket *b, int64_t now);

#endif
