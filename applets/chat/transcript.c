#include "applets/chat/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/buf.h"
#include "common/base/lang.h"
#include "common/base/msg.h"
#include "common/base/text.h"

int transcript_start(struct transcript *t, const char *name) {
    *t = (struct transcript){.name = name, .file = -1};
    if (name) t->file = aside_move(open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    return name && t->file < 0 ? -1 : 0;
}

void transcript_free(struct transcript *t) {
    if (t->file >= 0) close(t->file);
    t->file = -1;
}

void transcript_write(struct transcript *t, const char *line, size_t size) {
    char stamp[TEXT_STAMP];
    struct buf entry = {0};
    if (t->file < 0) return;
    buf_format(&entry, "%s ", text_stamp(time(NULL), stamp));
    buf_put(&entry, line, size);
    ssize_t written = write(t->file, buf_at(&entry), entry.size);
    if (written != (ssize_t)entry.size) {
        msg_error("cannot write %s: %s; the transcript ends here", t->name,
                  written < 0 ? lang_error(errno) : tr("the disk is full"));
        transcript_free(t);
    }
    buf_free(&entry);
}
