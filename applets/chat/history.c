#include "applets/chat/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"

int history_start(struct history *c, uint64_t keep, const char *file) {
    *c = (struct history){.keep = keep, .file = -1, .name = file};
    if (file) c->file = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file && c->file < 0) return -1;
    if (keep) c->last = mem_new((size_t)keep * sizeof *c->last);
    return 0;
}

void history_free(struct history *c) {
    for (uint64_t i = 0; c->last && i < c->keep; i++) buf_free(&c->last[i]);
    free(c->last);
    if (c->file >= 0) close(c->file);
    *c = (struct history){.file = -1};
}

void history_keep(struct history *c, const char *line, size_t size) {
    if (c->keep == 0) return;
    struct buf *place = &c->last[c->said++ % c->keep];
    buf_clear(place);
    buf_put(place, line, size);
}

const struct buf *history_line(const struct history *c, uint64_t i) {
    uint64_t first = c->said > c->keep ? c->said - c->keep : 0;
    return first + i < c->said ? &c->last[(first + i) % c->keep] : NULL;
}

void history_write(struct history *c, const char *line, size_t size) {
    char stamp[TEXT_STAMP];
    struct buf entry = {0};
    if (c->file < 0) return;
    buf_format(&entry, "%s ", text_stamp(time(NULL), stamp));
    buf_put(&entry, line, size);
    if (write(c->file, buf_at(&entry), entry.size) != (ssize_t)entry.size) {
        msg_error("cannot write %s: %s; the transcript ends here", c->name, strerror(errno));
        close(c->file);
        c->file = -1;
    }
    buf_free(&entry);
}
