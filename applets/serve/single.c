/* single: one connection (--once), joined with stdin and stdout by a relay. Where each byte would
 * have to be looked at, feed does it instead. */
#include <unistd.h>

#include "applets/serve/way.h"
#include "common/base/mem.h"
#include "common/io/relay.h"

struct joined {
    struct client client;
    struct relay relay;
};

static void count(struct client *c) {
    const struct relay *r = &container_of(c, struct joined, client)->relay;
    stream_of(c)->received = r->received;
    stream_of(c)->sent = r->to_peer.taken;
    serve_of(c)->read = r->read;
}

static void relay_done(struct relay *r, enum status outcome) {
    struct client *c = &container_of(r, struct joined, relay)->client;
    count(c);
    if (outcome) responder_end(&serve_of(c)->responder, (int)outcome);
    r->reset ? session_abort(&c->text.session, outcome) : session_close(&c->text.session, outcome);
}

static void on_open(struct client *c) {
    struct serve *s = serve_of(c);
    struct relay *r = &container_of(c, struct joined, client)->relay;
    session_detach(&c->text.session);
    relay_start(r, s->loop, stream_of(c)->fd, s->has_input ? STDIN_FILENO : -1, &s->out);
    r->half_close = s->has_input;
    r->idle = s->conf->common.idle;
    r->rate = s->conf->pace.rate;
    r->peer = c->name;
    r->done = relay_done;
    relay_say(r, buf_at(&s->greeting), s->greeting.size);
    relay_run(r);
}

static void on_closed(struct client *c) {
    relay_stop(&container_of(c, struct joined, client)->relay);
}

static bool fits(const struct serve_conf *conf) {
    const struct output_conf *output = &conf->output;
    bool looked_at = output->label || output->copy || output->dump || conf->quit_word ||
                     (isatty(STDOUT_FILENO) && !output->raw) || serve_edits(conf);
    return conf->once && !looked_at && !conf->crlf;
}

const struct way way_single = {
    .fits = fits,
    .client_size = size_led_by(struct joined, client),
    .reads_stdin = true,
    .shows = true,
    .open = on_open,
    .closed = on_closed,
    .count = count,
};
