/* source: a descriptor that somebody else opened (stdin), read without ever setting O_NONBLOCK on
 * it: the loop says when, and one read takes what is there. A terminal is left alone while we are
 * in its background, where a read would stop us (SIGTTIN). */
#ifndef SOCKKIT_IO_SOURCE_H
#define SOCKKIT_IO_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/loop/loop.h"

enum source_kind {
    SOURCE_FILE, /* regular file or device: always ready */
    SOURCE_PIPE,
    SOURCE_SOCKET,
    SOURCE_TTY,
};
enum source_kind source_kind(int fd);

/* True for what stands for "no input": /dev/null. */
bool source_is_null(int fd);
/* True when fd is a terminal that somebody else reads now. */
bool source_in_background(int fd);

struct source {
    struct watch watch;
    struct timer recheck; /* while in the background */
    struct loop *loop;
    enum source_kind kind;
    int fd;
    bool wanted;
    void (*ready)(struct source *s);
};

/* `ready` is called when a read will not block. Rests at first. */
void source_start(struct source *s, struct loop *loop, int fd, void (*ready)(struct source *s));
void source_want(struct source *s, bool on);
void source_stop(struct source *s); /* also when it was never started ({0}) */

/* One read(2) that does not block once `ready` was called: bytes, 0 at the end (so too of a
 * terminal that has hung up), -1 with errno (EAGAIN: not yet). */
ssize_t source_read(int fd, enum source_kind kind, void *bytes, size_t n);

#endif
