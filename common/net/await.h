/* await: the line of --trace that says what the program waits for, and which blocking call would
 * sleep at that place. */
#ifndef SOCKKIT_NET_AWAIT_H
#define SOCKKIT_NET_AWAIT_H

/* From now on, before each sleep of the loop, unless nothing has changed since it was last said. */
void await_start(void);

#endif
