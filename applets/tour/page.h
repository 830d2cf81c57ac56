/* page: a scene as text: clients at the left, the server at the right, arrows between them. */
#ifndef SOCKKIT_TOUR_PAGE_H
#define SOCKKIT_TOUR_PAGE_H

#include "applets/tour/scenes.h"
#include "common/base/buf.h"

#define PAGE_COLUMNS 100
#define PAGE_LEAST 40

/* {.scene, .stage, .columns}: nothing is shown yet. */
struct page {
    const struct scene *scene;
    struct stage *stage;
    size_t columns;
    size_t shown; /* events */
};

/* Puts at the end of out what stands above the events: title, what to look at. */
void page_head(const struct page *p, struct buf *out);
/* The events until that time that have not been shown yet. */
void page_events(struct page *p, int64_t until, struct buf *out);

#endif
