/* printer: lines for stdout that come from the loop: they wait in memory while their reader is
 * slow, so that signals and limits hold. For results, whose number is bounded. */
#ifndef SOCKKIT_IO_PRINTER_H
#define SOCKKIT_IO_PRINTER_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/io/sink.h"
#include "common/loop/loop.h"

struct printer {
    struct buf text; /* the owner's to fill */
    /* once: errno of the write; nothing is written any more */
    void (*failed)(struct printer *p, int error);
    /* private */
    struct loop *loop;
    struct sink sink;
    struct watch watch;
    struct later flush;
    bool draining;
};

void printer_start(struct printer *p, struct loop *loop, int fd,
                   void (*failed)(struct printer *p, int error));
/* `text` goes out at the end of this turn. */
void printer_show(struct printer *p);
/* `text` and what waits goes out now: runs the loop until it has, or until somebody else stops the
 * loop. True: all is out, or it failed. */
bool printer_drain(struct printer *p);
void printer_free(struct printer *p);

#endif
