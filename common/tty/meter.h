/* meter: --progress. Bytes each way, their rate, and the time left where it is known how much there
 * is to send. On a terminal it is the screen's last row, redrawn; elsewhere a line every few
 * seconds. At the end a line with the totals. */
#ifndef SOCKKIT_TTY_METER_H
#define SOCKKIT_TTY_METER_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/loop/loop.h"
#include "common/tty/screen.h"

/* What has gone by so far. */
struct meter_count {
    uint64_t received, sent;
    uint64_t read; /* of the input whose total is known */
};

struct meter {
    struct loop *loop; /* NULL: not started */
    struct timer timer;
    struct screen *screen; /* NULL: lines */
    struct screen own;
    struct meter_count (*count)(struct meter *m);
    uint64_t total;       /* of the input; 0: not known */
    int64_t begin, since; /* of the rates: since then it was */
    /* of the time left: since then the input is read, a server's not before there is a client */
    int64_t flowing;
    struct meter_count base;
    double received_rate, sent_rate; /* bytes a second */
};

/* Bytes that are left in a regular file, from where it is read next; 0 for anything else. */
uint64_t meter_input(int fd);

/* `screen`: that of stdout, if it was started: it is drawn on where stderr is that terminal too;
 * where stderr is another one, that is. */
void meter_start(struct meter *m, struct loop *loop, struct screen *screen, uint64_t total,
                 struct meter_count (*count)(struct meter *m));
/* Tells the totals. Also when it was never started ({0}). */
void meter_stop(struct meter *m);

/* "sent 12 MiB, 3.1 MiB/s; received 4 KiB, 0 B/s; 12 s left" for what is so `elapsed` ns after the
 * input began; pure. */
void meter_text(const struct meter *m, const struct meter_count *now, int64_t elapsed,
                struct buf *out);

#endif
