/* lines: a server whose clients send messages (line.h): its owner sees a connection as open,
 * message, message, closed. The answers to all messages of one read leave in one write. */
#ifndef SOCKKIT_SERVE_LINES_H
#define SOCKKIT_SERVE_LINES_H

#include <assert.h>
#include <stddef.h>

#include "common/base/line.h"
#include "common/net/listen.h"
#include "common/serve/server.h"

struct lines_session {
    struct session session;
    struct line line;
    struct timer silence;
    struct buf rest; /* bytes read whose messages are handed over after lines_resume */
};

static_assert(offsetof(struct lines_session, session) == 0,
              "server.h makes a struct session of it");

struct lines_ops {
    /* Of the owner's own struct, which begins with a struct lines_session (size_led_by). */
    size_t session_size;
    void (*open)(struct lines_session *t);
    /* The answer is put into lines_answers. Returns false when this is the last message: the
     * session is finished (session_finish). NULL: bytes are not cut into messages. */
    bool (*message)(struct lines_session *t, const char *text, size_t size);
    /* What is read goes through here before it becomes messages: may put other bytes in its place
     * (the owner's own, valid until the next call). NULL: it stays as it is. */
    void (*filter)(struct lines_session *t, const char **bytes, size_t *n);
    /* The bytes as they came, up to the end of the last message handed over. NULL: not wanted. */
    void (*raw)(struct lines_session *t, const char *bytes, size_t n);
    /* Instead of `raw` and `message`: the owner reads from the socket (stream_ops). */
    void (*readable)(struct lines_session *t);
    /* A line was longer than LINE_MOST. NULL: the answer is "ERR line too long". */
    void (*too_long)(struct lines_session *t);
    /* The answers to one read, as they are sent. NULL: not wanted. */
    void (*answered)(struct lines_session *t, const char *bytes, size_t n);
    /* The client has shut down its side, and its last message has been handed over. NULL:
     * session_finish. */
    void (*end)(struct lines_session *t);
    void (*space)(struct lines_session *t);
    void (*closed)(struct lines_session *t);
};

struct lines_server {
    struct server server;
    const struct lines_ops *lines_ops;
    struct server_ops ops;
    struct buf answers; /* to the messages of the read that is being worked through */
};

/* As server_start and server_stop. */
void lines_server_start(struct lines_server *server, struct loop *loop, struct listeners *listeners,
                        struct server_limits limits, const struct lines_ops *ops);
void lines_server_stop(struct lines_server *server);

/* From within `message`: lets the client wait. Nothing more is read, and no further message handed
 * over, until lines_resume. */
void lines_pause(struct lines_session *t);
void lines_resume(struct lines_session *t);

/* Where answers to this client are put. They are sent once all messages of the read have been
 * handed over. */
struct buf *lines_answers(struct lines_session *t);

#endif
