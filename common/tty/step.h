/* step: a pause until somebody presses Enter on the terminal (--step). */
#ifndef SOCKKIT_TTY_STEP_H
#define SOCKKIT_TTY_STEP_H

/* Opens the terminal of the process, for as long as it runs. -1: it has none, or stderr does not
 * show its lines on one. */
int step_open(void);

/* Waits for Enter; other keys are dropped. Ends early when a signal is there to be told (sig.h), or
 * the terminal goes. errno is preserved. */
void step_wait(void);

#endif
