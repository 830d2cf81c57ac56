/* aside: the program's own descriptors (the loop's, the signals', files) get high numbers while the
 * socket calls are shown, so that the first socket is 3, as in the textbooks. */
#ifndef SOCKKIT_BASE_ASIDE_H
#define SOCKKIT_BASE_ASIDE_H

#include <stdbool.h>

#define ASIDE_FIRST 100

/* From now on aside_move moves; it does not at first. */
void aside_enable(bool on);

/* Gives the descriptor a number of ASIDE_FIRST or above, and returns it. Where the limit on
 * descriptors allows none, or it is off, or fd is -1: returns fd. errno is preserved. */
int aside_move(int fd);

#endif
