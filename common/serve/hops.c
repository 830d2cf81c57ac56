#include "common/serve/hops.h"

#define FIRST 255
#define SYSTEMS 128 /* the most that systems send with of their own accord, but for 255 */
#define LEAST 200   /* far enough above SYSTEMS that routers between two servers cannot skip it */

int hops_next(int ttl) {
    if (ttl == 0) return 0;
    if (ttl <= SYSTEMS) return FIRST;
    return ttl > LEAST ? ttl - 1 : -1;
}
