/* Servers without a command line: sockets, plain limits and what is done with what comes. */
#include "common/serve/server.h"

#include <stdlib.h>

#include "common/net/listen.h"
#include "common/serve/server_dgram.h"
#include "looping.h"

/* An echo of streams and datagrams that stops the loop at whatever happens. */
struct echo {
    struct server streams;
    struct dgram_server datagrams;
    struct listeners listeners;
    int opened, closed;
    char last[64]; /* what came last */
};

static struct echo *of_session(const struct session *s) {
    return container_of(s->server, struct echo, streams);
}

static void on_open(struct session *s) {
    of_session(s)->opened++;
    loop_stop(loop);
}

static void on_data(struct session *s, const char *bytes, size_t n) {
    struct echo *echo = of_session(s);
    snprintf(echo->last, sizeof echo->last, "%.*s", (int)n, bytes);
    session_send(s, bytes, n);
    loop_stop(loop);
}

static void on_closed(struct session *s) {
    of_session(s)->closed++;
    loop_stop(loop);
}

static bool on_message(struct dgram_door *door, const struct dgram *question, struct buf *answer) {
    struct echo *echo = container_of(door->server, struct echo, datagrams);
    snprintf(echo->last, sizeof echo->last, "%.*s", (int)question->size, question->bytes);
    buf_put(answer, question->bytes, question->size);
    return true;
}

static void after_batch(struct dgram_server *server) {
    (void)server;
    loop_stop(loop);
}

static const struct server_ops streams = {
    .session_size = sizeof(struct session), .open = on_open, .data = on_data, .closed = on_closed};
static const struct dgram_ops datagrams = {.message = on_message, .batch = after_batch};

static void listen_here(struct echo *echo, int type) {
    static const struct sockopt_list none;
    struct net_names here = {
        {{.host = "127.0.0.1", .family = AF_INET, .type = type, .numeric = true}}, 1};
    struct cause cause = {0};
    loop = loop_new();
    CHECK(listen_open(loop, &here, &none, &echo->listeners, &cause) == 0);
}

static void start(struct echo *echo, struct server_limits limits) {
    *echo = (struct echo){.opened = 0};
    listen_here(echo, SOCK_STREAM);
    server_start(&echo->streams, loop, &echo->listeners, limits, &streams);
}

static void stop(struct echo *echo) {
    server_stop(&echo->streams);
    listen_close(&echo->listeners);
    loop_free(loop);
}

/* A connected socket of the other side, which waits at most a second for what it receives. */
static int reach(const struct echo *echo, int type) {
    const struct addr *to = &echo->listeners.addrs[0];
    int fd = socket(AF_INET, type, 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){1, 0},
                     sizeof(struct timeval)) == 0);
    CHECK(connect(fd, &to->as.any, to->size) == 0);
    return fd;
}

static void say(int fd, const char *text) {
    CHECK(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
    loop_run(loop);
}

static const char *heard(int fd) {
    static char text[64];
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    return n < 0 ? "nothing" : text;
}

static struct access_list denying(const char *network) {
    struct access_list access = {.allow = {NULL, 0}};
    CHECK(cidr_list_add(&access.deny, network) == NULL);
    return access;
}

/* --- streams --- */

static void clients_are_served(void) {
    struct echo echo;
    start(&echo, (struct server_limits){.idle = 0});
    CHECK(echo.streams.opened == 0);
    int fd = reach(&echo, SOCK_STREAM);
    loop_run(loop);
    say(fd, "Bonjour");
    CHECK_TEXT(echo.last, "Bonjour");
    CHECK_TEXT(heard(fd), "Bonjour");
    close(fd);
    loop_run(loop);
    CHECK(echo.streams.opened == 1 && echo.opened == 1 && echo.closed == 1 &&
          echo.streams.count == 0);
    stop(&echo);
}

static void one_too_many_waits(void) {
    struct echo echo;
    start(&echo, (struct server_limits){.max_clients = 1});
    int first = reach(&echo, SOCK_STREAM), second = reach(&echo, SOCK_STREAM);
    loop_run(loop);
    run_turn();
    CHECK(echo.opened == 1 && echo.streams.count == 1);
    close(first);
    while (echo.opened < 2) loop_run(loop);
    CHECK(echo.closed == 1);
    close(second);
    stop(&echo);
}

static void one_too_many_of_a_host_is_denied(void) {
    struct echo echo;
    start(&echo, (struct server_limits){.max_per_host = 1});
    int first = reach(&echo, SOCK_STREAM), second = reach(&echo, SOCK_STREAM);
    loop_run(loop);
    run_turn();
    CHECK_TEXT(heard(second), "");
    CHECK(echo.opened == 1);
    close(first);
    close(second);
    stop(&echo);
}

static void who_is_denied_is_not_met(void) {
    struct echo echo;
    start(&echo, (struct server_limits){.access = denying("127.0.0.0/8")});
    int fd = reach(&echo, SOCK_STREAM);
    run_turn();
    CHECK_TEXT(heard(fd), "");
    CHECK(echo.streams.opened == 0 && echo.opened == 0);
    close(fd);
    stop(&echo);
    free(echo.streams.limits.access.deny.items);
}

static void the_outcome_of_the_only_one(void) {
    struct echo echo;
    start(&echo, (struct server_limits){.once = true, .idle = 20 * MS});
    int fd = reach(&echo, SOCK_STREAM), late = reach(&echo, SOCK_STREAM);
    while (echo.closed == 0) loop_run(loop);
    CHECK(echo.streams.outcome == STATUS_TIMEOUT && echo.opened == 1);
    close(fd);
    close(late);
    stop(&echo);
}

/* --- datagrams --- */

static void datagrams_are_answered(void) {
    struct echo echo = {.opened = 0};
    struct access_list access = {.allow = {NULL, 0}};
    listen_here(&echo, SOCK_DGRAM);
    dgram_server_start(&echo.datagrams, loop, &echo.listeners, &access, &datagrams);
    int fd = reach(&echo, SOCK_DGRAM);
    say(fd, "Bonjour");
    CHECK_TEXT(echo.last, "Bonjour");
    CHECK_TEXT(heard(fd), "Bonjour");
    CHECK(echo.datagrams.received == 1 && echo.datagrams.bytes == 7);
    close(fd);
    dgram_server_stop(&echo.datagrams);
    listen_close(&echo.listeners);
    loop_free(loop);
}

static void datagrams_that_are_denied_are_not(void) {
    struct echo echo = {.opened = 0};
    struct access_list access = denying("127.0.0.0/8");
    listen_here(&echo, SOCK_DGRAM);
    dgram_server_start(&echo.datagrams, loop, &echo.listeners, &access, &datagrams);
    int fd = reach(&echo, SOCK_DGRAM);
    say(fd, "Bonjour");
    CHECK_TEXT(echo.last, "");
    CHECK(echo.datagrams.received == 0);
    close(fd);
    dgram_server_stop(&echo.datagrams);
    listen_close(&echo.listeners);
    loop_free(loop);
    free(access.deny.items);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"clients are served", clients_are_served},
        {"one client too many waits until another has gone", one_too_many_waits},
        {"one too many of a host is closed", one_too_many_of_a_host_is_denied},
        {"who is denied is closed, and nobody has come", who_is_denied_is_not_met},
        {"the outcome of the only session is that of the server", the_outcome_of_the_only_one},
        {"datagrams are answered", datagrams_are_answered},
        {"datagrams of who is denied are not", datagrams_that_are_denied_are_not},
    };
    msg_verbosity(-1);
    return UNIT_RUN(tests);
}
