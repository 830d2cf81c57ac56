/* pace: how many bytes may go by when no more than so many a second shall: since it was started, or
 * in any stretch of time but for what was saved, 50 ms' worth and one byte at most. Bytes go in
 * portions of 10 ms, so that a fast pace does not take a turn for each. Pure: the caller tells the
 * time, in ns. */
#ifndef SOCKKIT_BASE_PACE_H
#define SOCKKIT_BASE_PACE_H

#include <stddef.h>
#include <stdint.h>

#define PACE_MOST ((uint64_t)1 << 36)

struct pace {
    uint64_t rate; /* bytes a second, 1 to PACE_MOST */
    int64_t paid;  /* the bytes that went were due up to this time */
};

void pace_start(struct pace *p, uint64_t rate, int64_t now);
/* How many bytes may go now; 0: less than a portion is due. */
size_t pace_room(const struct pace *p, int64_t now);
/* ns from now on until pace_room is not 0; 0: it is not. */
int64_t pace_wait(const struct pace *p, int64_t now);
/* n bytes went, at most what pace_room said. */
void pace_spend(struct pace *p, int64_t now, size_t n);

#endif
