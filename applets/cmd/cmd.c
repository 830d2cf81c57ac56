/* cmd: answers a line with a line. */
#include <string.h>
#include <time.h>

#include "applets/cmd/language.h"
#include "common/base/lang.h"
#include "common/serve/responder.h"

#define ANSWER_MOST ((size_t)65507) /* bytes of a UDP datagram over IPv4 */

struct cmd_conf {
    struct common_conf common;
    struct server_conf server;
    struct answering_conf answering;
};

static const struct cmd_conf defaults = {.server = SERVER_CONF_DEFAULTS};

static const struct opt_group groups[] = {
    OPTIONS_ANSWERING(struct cmd_conf),
    OPTIONS_CLIENTS(struct cmd_conf),
    OPTIONS_SERVER(struct cmd_conf),
    OPTIONS_SHARED(struct cmd_conf),
    {NULL, NULL, 0},
};

struct client {
    struct lines_session lines;
    char name[SESSION_PEER];
};

static struct client *of_lines(struct lines_session *t) {
    return container_of(t, struct client, lines);
}

static void on_open(struct lines_session *t) { session_peer(&t->session, of_lines(t)->name); }

static bool on_message(struct lines_session *t, const char *text, size_t size) {
    return language_answer(lines_answers(t), text, size, of_lines(t)->name, time(NULL));
}

/* The size of the one line in the datagram, without its ending. False: there are several. */
static bool one_line(const struct dgram *d, size_t *size) {
    const char *newline = d->size > 0 ? memchr(d->bytes, '\n', d->size) : NULL;
    *size = newline ? (size_t)(newline - d->bytes) : d->size;
    if (newline && *size + 1 < d->size) return false;
    if (*size > 0 && d->bytes[*size - 1] == '\r') --*size;
    return true;
}

/* As answers to what is no command do; another server may have sent it. */
static bool is_error(const struct dgram *d) { return d->size >= 3 && !memcmp(d->bytes, "ERR", 3); }

static bool on_datagram(struct dgram_door *door, const struct dgram *question, struct buf *answer) {
    char name[DGRAM_PEER];
    size_t size, before;
    (void)door;
    if (!answer || is_error(question)) return false;
    before = answer->size;
    if (one_line(question, &size))
        language_answer(answer, question->bytes, size, dgram_peer(question, name), time(NULL));
    else
        buf_format(answer, "%s", tr_wire("ERR one line a datagram\n"));
    if (answer->size - before > ANSWER_MOST) {
        answer->size = before;
        buf_format(answer, "%s", tr_wire("ERR the answer is too long for a datagram\n"));
    }
    return true;
}

static int run(struct call *call) {
    static const struct lines_ops lines = {
        .session_size = size_led_by(struct client, lines), .open = on_open, .message = on_message};
    static const struct dgram_ops datagrams = {.message = on_datagram};
    static const struct responder_ops ops = {.lines = &lines, .datagrams = &datagrams};
    const struct cmd_conf *conf = call->conf;
    struct responder responder = {.how = conf->answering};
    return responder_run(&responder, call, &conf->server, &ops);
}

const struct applet applet_cmd = {
    .name = "cmd",
    .summary = "Answer each command line with a line",
    .operands = "",
    .groups = groups,
    .conf_size = size_led_by(struct cmd_conf, common),
    .defaults = &defaults,
    .run = run,
};
