/* reply: each message is answered with a line (--reply). */
#include <time.h>

#include "applets/serve/way.h"
#include "common/base/mem.h"
#include "common/base/template.h"

static void message(struct client *c, const char *text, size_t size) {
    const struct serve_conf *conf = serve_of(c)->conf;
    const struct text *reply = &serve_of(c)->reply;
    struct buf *answers = lines_answers(&c->text);
    struct template_message message = {text, size, &c->text.session.peer, time(NULL)};
    template_fill(answers, reply->bytes, reply->size, &message);
    buf_put(answers, conf->crlf ? "\r\n" : "\n", conf->crlf ? 2 : 1);
}

static bool fits(const struct serve_conf *conf) { return conf->reply; }

const struct way way_reply = {
    .fits = fits,
    .client_size = size_led_by(struct client, text),
    .shows = true,
    .open = serve_greet,
    .message = message,
};
