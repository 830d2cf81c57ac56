#include "applets/chat/bucket.h"

#define SECOND 1e9

void bucket_start(struct bucket *b, double rate, int64_t now) {
    *b = (struct bucket){rate, rate, now};
}

int64_t bucket_spend(struct bucket *b, int64_t now) {
    if (b->rate <= 0) return 0;
    b->tokens += (double)(now - b->counted) / SECOND * b->rate;
    if (b->tokens > b->rate) b->tokens = b->rate;
    b->counted = now;
    b->tokens -= 1;
    return b->tokens >= 1 ? 0 : (int64_t)((1 - b->tokens) / b->rate * SECOND) + 1;
}
