/* dgramsink: datagrams to stdout, each as a line, with the copies that -o and -x ask for. What is put is written once a batch. While stdout
 * takes nothing it is `full`, and its owner receives nothing. */
#ifndef SOCKKIT_UDP_SHOW_H
#define SOCKKIT_UDP_SHOW_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/net/dgram.h"
#include "common/loop/loop.h"
#include "common/cli/opt.h"
#include "common/tty/screen.h"
#include "common/io/sink.h"
#include "common/io/tap.h"

struct dgramsink_conf {
    bool label, no_newline, raw;
    const char *output, *dump;
};
extern const struct opt_row dgramsink_rows[];
#define DGRAMSINK_GROUP(conf) {"Output", dgramsink_rows, offsetof(conf, show)}

struct dgramsink {
    struct loop *loop;
    const struct dgramsink_conf *conf;
    void (*changed)(struct dgramsink *s); /* `full` has changed, or `status` */
    struct sink out;
    struct watch watch;
    struct screen screen; /* stdout, if it is a terminal (and not raw) */
    struct tap output, dump;
    struct buf text;
    bool full;
    int status; /* not 0: it has failed (told) with this exit status */
};

/* Returns 0, or the exit status, having told why (a file that cannot be opened). In any case dgramsink_stop is to come. */
int dgramsink_start(struct dgramsink *s, struct loop *loop, const struct dgramsink_conf *conf, void (*changed)(struct dgramsink *s));
/* A datagram received: a line of stdout and of -o, and its dump. */
void dgramsink_put(struct dgramsink *s, const struct dgram *d);
/* A datagram sent: for the dump. */
void dgramsink_sent(struct dgramsink *s, const struct dgram *d);
/* Writes what was put. */
void dgramsink_flush(struct dgramsink *s);
/* Closes. Returns the exit status: that of a failure, told, or 0. */
int dgramsink_stop(struct dgramsink *s);

#endif
