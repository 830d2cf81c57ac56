/* scenes: what the tour shows, one for each topic. */
#ifndef SOCKKIT_TOUR_SCENES_H
#define SOCKKIT_TOUR_SCENES_H

#include "applets/tour/stage.h"

struct scene {
    const char *topic; /* as one asks for it; NULL ends the table */
    const char *title;
    const char *about;  /* what to look at, in whole sentences */
    const char *server; /* who stands at the right where no server is started; NULL: there is one */
    int clients;        /* how many will come */
    void (*play)(struct stage *s);
};

extern const struct scene scenes[];

#define SCENE_LIMIT (INT64_C(4) * 1000000000) /* ns: what has not ended then is ended */

#endif
