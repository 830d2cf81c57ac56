/* way: the ways in which serve serves: what its clients are sent besides the greeting. One is
 * chosen at the start, from the options, and serves every client. A new way is a file, its name
 * below and its line in the table of serve.c. serve.c does what is the same for all: clients that
 * come and go, the greeting, the quit word, and what clients send on its way to stdout. */
#ifndef SOCKKIT_SERVE_WAY_H
#define SOCKKIT_SERVE_WAY_H

#include "applets/serve/label.h"
#include "common/base/buf.h"
#include "common/cli/applet.h"
#include "common/cli/texts.h"
#include "common/cli/where.h"
#include "common/io/output.h"
#include "common/net/endpoint.h"
#include "common/serve/responder.h"
#include "common/tty/meter.h"
#include "common/tty/screen.h"

struct serve_conf {
    struct common_conf common;
    struct server_conf server;
    struct output_conf output;
    struct proxy_conf proxy; /* of --to */
    struct texts_conf texts;
    struct pace_conf pace;
    bool once, no_newline, crlf, recv_only, broker;
    uint64_t buffer; /* of the broker */
    const char *reply, *exec, *quit_word;
    struct where_value to;
};

struct way;

struct serve {
    struct responder responder;
    const struct serve_conf *conf;
    struct loop *loop;
    const struct way *way;
    void *state; /* the way's */
    const struct text *messages;
    struct text reply; /* of --reply */
    struct buf greeting;
    struct output out;
    struct screen screen; /* of stdout, if it is a terminal */
    struct screen *row;   /* whose last row shows what is typed, and the progress */
    struct label label;
    struct meter meter;
    struct meter_count gone; /* of clients that have left */
    bool has_input;          /* stdin is something to send */
    uint64_t read;           /* of stdin, bytes */
};

struct client {
    struct lines_session text;
    struct output_origin origin;
    struct label_speaker *speaker; /* NULL: lines have no label */
    char *name;                    /* until `closed` has been called */
};

static inline struct serve *serve_of(const struct client *c) {
    return container_of(responder_of_lines(&c->text), struct serve, responder);
}

static inline struct stream *stream_of(struct client *c) { return &c->text.session.stream; }

/* True when lines typed at stdin's terminal are edited. */
bool serve_edits(const struct serve_conf *conf);
/* The greeting goes to a client that has come. */
void serve_greet(struct client *c);
/* These bytes went to a client, and are not known to its stream: for the dump. */
void serve_note_sent(struct client *c, const char *bytes, size_t n);

struct way {
    /* True when the options ask for it. */
    bool (*fits)(const struct serve_conf *conf);
    size_t client_size; /* of a struct that begins with a struct client; it comes zeroed */
    bool reads_stdin;   /* sends it, where there is one */
    bool shows;         /* what clients send goes to stdout */
    bool pairs;         /* joins each client with a connection of its own; -w bounds its dialling */
    unsigned needs;     /* beyond serving: SANDBOX_RUNS... (common/cli/sandbox.h) */
    /* Any of these may be NULL. Before the first client: 0, or the exit status, told; when nobody
     * comes in any more; when everybody has gone, which may be without `finish`. */
    int (*start)(struct serve *s);
    void (*finish)(struct serve *s);
    void (*stop)(struct serve *s);
    /* A client has come, and is to be greeted; its stream takes more (stream_ask_space); it has
     * ended its side (NULL: it is finished); it is gone. */
    void (*open)(struct client *c);
    void (*space)(struct client *c);
    void (*ended)(struct client *c);
    void (*closed)(struct client *c);
    /* A message, where there are any: what is put into lines_answers goes back. */
    void (*message)(struct client *c, const char *text, size_t size);
    /* Bytes of the client, as they came, when they are not for stdout. */
    void (*said)(struct client *c, const char *bytes, size_t n);
    /* Brings the counts of the stream, and serve.read, up to date. NULL: they are. */
    void (*count)(struct client *c);
};

extern const struct way way_broker, way_exec, way_forward, way_reply, way_single, way_feed;

#endif
