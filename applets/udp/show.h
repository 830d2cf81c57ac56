/* show: datagrams to stdout, each as a line, with the copies that -o and -x ask for. What is put is
 * written once a batch. While stdout takes nothing it is `full`, and its owner receives nothing. */
#ifndef SOCKKIT_UDP_SHOW_H
#define SOCKKIT_UDP_SHOW_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/cli/opt.h"
#include "common/io/sink.h"
#include "common/io/tap.h"
#include "common/loop/loop.h"
#include "common/net/dgram.h"
#include "common/tty/screen.h"

struct show_conf {
    bool label, no_newline, raw;
    const char *output, *dump;
};
extern const struct opt_row show_rows[];
#define SHOW_GROUP(conf) \
    { "Output", show_rows, offsetof(conf, show) }

struct show {
    struct loop *loop;
    const struct show_conf *conf;
    void (*changed)(struct show *s); /* `full` has changed, or `status` */
    struct sink out;
    struct watch watch;
    struct screen screen; /* stdout, if it is a terminal (and not raw) */
    struct tap output, dump;
    struct buf text;
    bool full;
    int status; /* not 0: it has failed (told) with this exit status */
};

/* Returns 0, or the exit status, having told why (a file that cannot be opened). In any case
 * show_stop is to come. */
int show_start(struct show *s, struct loop *loop, const struct show_conf *conf,
               void (*changed)(struct show *s));
/* A datagram received: a line of stdout and of -o, and its dump. */
void show_put(struct show *s, const struct dgram *d);
/* A datagram sent: for the dump. */
void show_sent(struct show *s, const struct dgram *d);
/* Writes what was put. */
void show_flush(struct show *s);
/* Closes. Returns the exit status: that of a failure, told, or 0. */
int show_stop(struct show *s);

#endif
