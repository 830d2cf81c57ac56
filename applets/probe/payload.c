#include "applets/probe/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/io/source.h"

#define READ_ONCE ((size_t)65536)
#define MOST ((size_t)16 << 20) /* bytes of a payload */

struct reading {
    struct source source;
    struct buf *out;
    int error;
    bool ended;
};

static void readable(struct source *s) {
    struct reading *r = container_of(s, struct reading, source);
    ssize_t n = source_read(s->fd, s->kind, buf_reserve(r->out, READ_ONCE), READ_ONCE);
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) buf_grown(r->out, (size_t)n);
    if (n < 0) r->error = errno;
    if (r->out->size > MOST) r->error = EFBIG;
    r->ended = n <= 0 || r->error;
    if (r->ended) loop_stop(s->loop);
}

int payload_read(struct loop *loop, const char *file, struct buf *out, struct cause *cause) {
    bool input = strcmp(file, "-") == 0;
    struct reading r = {.out = out};
    int fd = input ? STDIN_FILENO : aside_move(open(file, O_RDONLY | O_CLOEXEC));
    if (fd < 0)
        return cause_set(cause, STATUS_FAILED, "cannot open %s: %s", file, lang_error(errno));
    source_start(&r.source, loop, fd, readable);
    source_want(&r.source, true);
    loop_run(loop);
    source_stop(&r.source);
    if (!input) close(fd);
    cause->text[0] = '\0';
    if (r.error) cause_set(cause, STATUS_FAILED, "cannot send %s: %s", file, lang_error(r.error));
    return r.ended && !r.error ? 0 : -1;
}
