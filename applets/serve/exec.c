/* exec: each client is handed to a command of its own (-e): its connection leaves the loop, and
 * comes back when the command has ended, to be finished. */
#include <errno.h>
#include <stdlib.h>

#include "applets/serve/way.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/io/proc.h"
#include "common/net/sock.h"

struct served {
    struct client client;
    struct proc command;
    struct watch hangup; /* of the connection, while the command has it */
};

/* A reset: nobody hears the command any more. (A client that has merely ended both its sides may
 * still want its input worked through.) */
static void hung_up(struct watch *w, unsigned events) {
    struct served *served = container_of(w, struct served, hangup);
    int fd = w->fd, error = 0;
    (void)events;
    watch_stop(w);
    if (sock_get(fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR") == 0 && error)
        proc_hang_up(serve_of(&served->client)->state, &served->command);
}

/* At the end of the run we end it ourselves, and its status says nothing. */
static void command_ended(struct proc *p) {
    struct served *served = container_of(p, struct served, command);
    struct session *s = &served->client.text.session;
    const struct call *call = serve_of(&served->client)->responder.call;
    uint64_t received = 0, sent = 0;
    watch_stop(&served->hangup);
    proc_note_end(p, served->client.name);
    if (sock_set_blocking(s->stream.fd, false) < 0) {
        msg_error("connection with %s: %s", served->client.name, lang_error(errno));
        session_close(s, STATUS_FAILED);
        return;
    }
    sock_counts(s->stream.fd, &received, &sent);
    if (!call_over(call)) s->outcome = p->status;
    s->strict = p->status != 0;
    session_attach(s, received, sent);
    session_finish(s);
}

/* Its exit status becomes the client's outcome. One that cannot be run closes the connection. */
static void run_command(struct client *c) {
    struct serve *serve = serve_of(c);
    struct served *served = container_of(c, struct served, client);
    struct session *s = &c->text.session;
    struct proc_socket socket = {.fd = s->stream.fd, .peer = s->peer};
    if (s->local) socket.local = *s->local;
    struct cause cause = {0};
    session_detach(s);
    served->command.ended = command_ended;
    if (proc_spawn(serve->state, &served->command, serve->conf->exec, &socket, &cause) == 0) {
        watch_start(serve->loop, &served->hangup, s->stream.fd, LOOP_HANGUP, hung_up);
        return;
    }
    msg_cause(&cause);
    session_close(s, STATUS_FAILED);
}

/* What the client sends is the command's to read. */
static void on_open(struct client *c) {
    serve_greet(c);
    stream_read(stream_of(c), false);
    if (stream_waiting(stream_of(c)) == 0)
        run_command(c);
    else
        stream_ask_space(stream_of(c), true);
}

static void on_closed(struct client *c) {
    watch_stop(&container_of(c, struct served, client)->hangup);
}

static int start(struct serve *s) {
    struct proc_group *children = mem_new(sizeof *children);
    s->state = children;
    proc_group_start(children, s->loop);
    return 0;
}

/* Called twice: commands are to end while their clients are still there; where the server was never
 * announced there are none, and only what `start` did is undone. */
static void stop(struct serve *s) {
    if (!s->state) return;
    proc_group_stop(s->state);
    free(s->state);
    s->state = NULL;
}

static bool fits(const struct serve_conf *conf) { return conf->exec; }

const struct way way_exec = {
    .fits = fits,
    .client_size = size_led_by(struct served, client),
    .needs = SANDBOX_RUNS,
    .start = start,
    .finish = stop,
    .stop = stop,
    .open = on_open,
    .space = run_command,
    .closed = on_closed,
};
