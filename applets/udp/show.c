#include "applets/udp/show.h"

#include <string.h>

#include "common/base/msg.h"

const struct opt_row show_rows[] = {
    OPT("no-newline", 0, OPT_FLAG, show_conf, no_newline, .excludes = "label",
        .help = "show exactly the bytes received, no newline added"),
    OPT_END,
};

/* Every line of it behind who sent it. */
static void put_labelled(struct buf *text, const struct dgram *d) {
    char peer[DGRAM_PEER], now[MSG_TIME];
    const char *at = d->bytes;
    dgram_peer(d, peer);
    msg_time(now);
    for (size_t left = d->size, line; left > 0; left -= line, at += line) {
        const char *newline = memchr(at, '\n', left);
        line = newline ? (size_t)(newline - at) + 1 : left;
        buf_format(text, "%s[%s] ", now, peer);
        buf_put(text, at, line);
    }
    if (d->size == 0) buf_format(text, "%s[%s] ", now, peer);
}

static bool lacks_newline(const struct show *s, const struct dgram *d) {
    return !s->conf->no_newline && (d->size == 0 || d->bytes[d->size - 1] != '\n');
}

void show_received(struct show *s, const struct dgram *d) {
    size_t newline = lacks_newline(s, d);
    if (s->conf->output.label)
        put_labelled(&s->out.text, d);
    else
        buf_put(&s->out.text, d->bytes, d->size);
    buf_put(&s->out.text, "\n", newline);
    show_kept(s, d);
}

void show_kept(struct show *s, const struct dgram *d) {
    char peer[DGRAM_PEER];
    size_t newline = lacks_newline(s, d);
    if (!output_copying(&s->out)) return;
    output_copy(&s->out, d->bytes, d->size);
    output_copy(&s->out, "\n", newline);
    output_received(&s->out, &(struct tap_place){.peer = dgram_peer(d, peer)}, d->bytes, d->size);
}

void show_sent(struct show *s, const struct dgram *d) {
    char peer[DGRAM_PEER];
    if (!output_copying(&s->out)) return;
    output_sent(&s->out, &(struct tap_place){.peer = dgram_peer(d, peer)}, d->bytes, d->size);
}

int show_start(struct show *s, struct loop *loop, int fd, const struct show_conf *conf) {
    *s = (struct show){.conf = conf};
    output_start(&s->out, loop, fd);
    if (!conf->output.raw) screen_start(&s->screen, &s->out);
    return output_copies(&s->out, conf->output.copy, conf->output.dump);
}

int show_stop(struct show *s) {
    screen_stop(&s->screen);
    return output_stop(&s->out);
}
