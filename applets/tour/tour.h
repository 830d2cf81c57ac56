/* tour: `sockkit help tour`: what a server and a client do, call by call, side by side. */
#ifndef SOCKKIT_TOUR_TOUR_H
#define SOCKKIT_TOUR_TOUR_H

#include "applets/tour/stage.h"

/* The arguments behind "tour": [TOPIC] [--svg FILE]. `run` runs an applet. Returns the exit status,
 * errors told. */
int tour_show(char **arguments, stage_run *run);

/* The topics, blank-separated. */
#define TOUR_TOPICS 256
const char *tour_topics(char out[TOUR_TOPICS]);

#endif
