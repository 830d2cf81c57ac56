/* textserver: a server whose clients send messages (line.h): connections become open, message, closed. What is answered during one read
 * leaves in one write. */
#ifndef SOCKKIT_SERVE_LINES_H
#define SOCKKIT_SERVE_LINES_H

#include "common/base/line.h"
#include "common/serve/server.h"

struct text_session {
    struct session session;
    struct line line;
    struct timer silence;
    struct buf rest; /* read, and not worked through: paused */
    bool paused;
};

struct text_ops {
    size_t session_size; /* of the applet's own struct, which begins with a struct text_session */
    void (*open)(struct text_session *t);
    /* Its answer goes to text_answers. False: that was its last message, and the session is finished. NULL: there are no messages. */
    bool (*message)(struct text_session *t, const char *text, size_t size);
    /* The bytes as they came, up to the end of the last message handed over. NULL: nobody looks. */
    void (*raw)(struct text_session *t, const char *bytes, size_t n);
    /* Instead of `raw` and `message`: reads by itself (stream_ops). */
    void (*readable)(struct text_session *t);
    /* A line beyond LINE_MOST. NULL: "ERR line too long". */
    void (*too_long)(struct text_session *t);
    /* What answers a read, when it is sent. NULL: nobody looks. */
    void (*answered)(struct text_session *t, const char *bytes, size_t n);
    /* The client has shut down its side, its last message has been handed over. NULL: it is closed once all is delivered. */
    void (*end)(struct text_session *t);
    void (*space)(struct text_session *t);
    void (*closed)(struct text_session *t);
};

struct text_server {
    struct server server;
    const struct text_ops *text_ops;
    struct server_ops ops;
    struct buf answers; /* of the read at hand */
};

/* As server_start. */
void text_server_start(struct text_server *ts, struct loop *loop, struct net_listeners *listeners, const struct server_conf *conf,
                       const struct common_conf *common, const struct text_ops *ops, bool once, void *owner);
void text_server_stop(struct text_server *ts);

static inline void *text_owner(const struct text_session *t) { return t->session.server->owner; }

/* From within `message`: no further one, and nothing is read, until text_resume. For a client that is to wait. */
void text_pause(struct text_session *t);
void text_resume(struct text_session *t);

/* Where answers to this client are put; they are sent when the read has been worked through. */
struct buf *text_answers(struct text_session *t);

#endif
