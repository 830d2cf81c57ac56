/* show: datagrams to stdout, each as a line, with the copies that -o and -x ask for. The lines of a
 * batch are put together and written at once. */
#ifndef SOCKKIT_UDP_SHOW_H
#define SOCKKIT_UDP_SHOW_H

#include <stdbool.h>

#include "common/cli/applet.h"
#include "common/io/output.h"
#include "common/loop/loop.h"
#include "common/net/dgram.h"
#include "common/tty/screen.h"

struct show_conf {
    struct output_conf output;
    bool no_newline;
};
extern const struct opt_row show_rows[];
#define SHOW_GROUPS(conf)                                                                  \
    OPTIONS_OUTPUT(label, conf, show.output), {"Output", show_rows, offsetof(conf, show)}, \
        OPTIONS_OUTPUT(copies, conf, show.output), OPTIONS_OUTPUT(raw, conf, show.output)

struct show {
    const struct show_conf *conf;
    struct output out;    /* `changed` and `owner` are whose it is */
    struct screen screen; /* of stdout, if it is a terminal (and not raw) */
};

/* `fd` as in output_start. Returns 0, or the exit status, having told why (a file that cannot be
 * opened). In any case show_stop is to come. */
int show_start(struct show *s, struct loop *loop, int fd, const struct show_conf *conf);
/* A datagram received: a line of stdout and of -o, and its dump. The line goes out with
 * output_flush. */
void show_received(struct show *s, const struct dgram *d);
/* The same for the copies alone: nothing goes to stdout. */
void show_kept(struct show *s, const struct dgram *d);
/* A datagram sent: for the dump. */
void show_sent(struct show *s, const struct dgram *d);
/* Closes. Returns the exit status: that of a failure, told, or 0. */
int show_stop(struct show *s);

#endif
