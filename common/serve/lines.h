/* lines: a server whose clients send messages (line.h): connections become open, message, closed.
 * What is answered during one read leaves in one write. */
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
    struct buf rest; /* read, and not worked through: paused */
    bool paused;
};

static_assert(offsetof(struct lines_session, session) == 0, "a session is the beginning of it");

struct lines_ops {
    /* Of the applet's own struct, which begins with a struct lines_session (size_led_by). */
    size_t session_size;
    void (*open)(struct lines_session *t);
    /* Its answer goes to lines_answers. False: that was its last message, and the session is
     * finished. NULL: there are no messages. */
    bool (*message)(struct lines_session *t, const char *text, size_t size);
    /* What is read goes through here before it becomes messages: may put other bytes in its place
     * (the applet's own, valid until the next call). NULL: it stays as it is. */
    void (*filter)(struct lines_session *t, const char **bytes, size_t *n);
    /* The bytes as they came, up to the end of the last message handed over. NULL: nobody looks. */
    void (*raw)(struct lines_session *t, const char *bytes, size_t n);
    /* Instead of `raw` and `message`: reads by itself (stream_ops). */
    void (*readable)(struct lines_session *t);
    /* A line beyond LINE_MOST. NULL: "ERR line too long". */
    void (*too_long)(struct lines_session *t);
    /* What answers a read, when it is sent. NULL: nobody looks. */
    void (*answered)(struct lines_session *t, const char *bytes, size_t n);
    /* The client has shut down its side, its last message has been handed over. NULL: it is closed
     * once all is delivered. */
    void (*end)(struct lines_session *t);
    void (*space)(struct lines_session *t);
    void (*closed)(struct lines_session *t);
};

struct lines_server {
    struct server server;
    const struct lines_ops *lines_ops;
    struct server_ops ops;
    struct buf answers; /* of the read at hand */
};

/* As server_start. */
void lines_server_start(struct lines_server *ts, struct loop *loop, struct listeners *listeners,
                        struct server_limits limits, const struct lines_ops *ops);
void lines_server_stop(struct lines_server *ts);

/* From within `message`: no further one, and nothing is read, until lines_resume. For a client that
 * is to wait. */
void lines_pause(struct lines_session *t);
void lines_resume(struct lines_session *t);

/* Where answers to this client are put; they are sent when the read has been worked through. */
struct buf *lines_answers(struct lines_session *t);

#endif
