/* become: this process turns into another program (`-- COMMAND`): the same process, its status.
 * execvp(3). */
#ifndef SOCKKIT_PROBE_BECOME_H
#define SOCKKIT_PROBE_BECOME_H

#include "common/loop/loop.h"

/* From now on SIGINT, SIGTERM, SIGHUP, SIGPIPE and SIGXFSZ do what they will do to the program;
 * what was ignored from the start stays so (of the last two that is not known: they end it). Runs
 * the loop for one turn, so that a signal that was caught before is not lost: its watch is called,
 * and the caller looks whether it still wants to. */
void become_prepare(struct loop *loop);

/* argv ends with NULL. Returns only when it failed, told: 127 (not found) or 126 (not
 * executable). */
int become_program(char **argv);

#endif
