/* svg: scenes as a picture (SVG 1.1), one below the other: two lines of life, time going down, what
 * each side does beside its line, arrows between them. */
#ifndef SOCKKIT_TOUR_SVG_H
#define SOCKKIT_TOUR_SVG_H

#include <stdio.h>

#include "applets/tour/scenes.h"
#include "common/base/buf.h"

/* {.file}: nothing has been drawn. What is drawn is kept until the height is known. */
struct svg_sheet {
    FILE *file;
    struct buf drawn;
    int height;
};

void svg_scene(struct svg_sheet *sheet, const struct scene *scene, const struct stage *s);
/* Writes the picture; the file's own error tells whether that succeeded. */
void svg_end(struct svg_sheet *sheet);

#endif
