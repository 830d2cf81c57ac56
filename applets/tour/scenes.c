#include "applets/tour/scenes.h"

#include <stdio.h>

#include "common/base/addr.h"
#include "common/base/lang.h"

#define PORT 60000

enum { SERVER, FIRST, SECOND, THIRD };

/* Where the server of a scene is. */
struct place {
    char port[8], target[ADDR_TEXT];
};

static struct place find_place(void) {
    struct place p;
    int port = stage_port(PORT);
    snprintf(p.port, sizeof p.port, "%d", port);
    snprintf(p.target, sizeof p.target, "127.0.0.1:%d", port);
    return p;
}

#define ENTER(stage, actor, ...) \
    stage_enter(stage, actor, false, (const char *const[]){__VA_ARGS__, NULL})
#define ENTER_TYPED(stage, actor, ...) \
    stage_enter(stage, actor, true, (const char *const[]){__VA_ARGS__, NULL})

static bool await_server(struct stage *s) { return stage_await(s, SERVER, "", "..."); }

static void play_tcp(struct stage *s) {
    struct place at = find_place();
    ENTER(s, SERVER, "serve", "--once", "-4", "-p", at.port, tr("Welcome"));
    if (await_server(s)) ENTER(s, FIRST, "connect", at.target, tr("Hello"));
}

static void play_udp(struct stage *s) {
    struct place at = find_place();
    ENTER(s, SERVER, "udp-serve", "-c", "1", "-4", "-p", at.port, "--reply", tr("You said %m"));
    if (await_server(s)) ENTER(s, FIRST, "udp-send", "-r", "1", at.target, tr("Hello"));
}

static void play_refused(struct stage *s) {
    struct place at = find_place();
    ENTER(s, FIRST, "connect", at.target, tr("Hello"));
    stage_finish(s, FIRST);
    ENTER(s, SECOND, "udp-send", "-r", "1", at.target, tr("Hello"));
}

static void play_half_close(struct stage *s) {
    struct place at = find_place();
    ENTER_TYPED(s, SERVER, "serve", "--once", "-4", "-p", at.port);
    if (!await_server(s)) return;
    ENTER(s, FIRST, "connect", at.target, tr("Hello"));
    if (stage_await(s, SERVER, "recv", tr("end of stream")))
        stage_say(s, SERVER, tr("I heard it all\n"));
    stage_hush(s, SERVER);
}

static void play_time_wait(struct stage *s) {
    struct place at = find_place();
    char source[ADDR_TEXT];
    snprintf(source, sizeof source, "127.0.0.1:%d", stage_port(0));
    ENTER(s, SERVER, "serve", "--once", "-4", "-p", at.port);
    if (!await_server(s)) return;
    ENTER(s, FIRST, "connect", "-O", "reuseaddr=0", "-b", source, at.target, tr("Hello"));
    stage_finish(s, SERVER);
    ENTER(s, SECOND, "connect", "-O", "reuseaddr=0", "-b", source, at.target, tr("Again"));
}

/* The first client is served, the second waits in the queue, for the third there is no place. */
static void play_backlog(struct stage *s) {
    struct place at = find_place();
    ENTER(s, SERVER, "serve", "-4", "-m", "1", "-c", "2", "--backlog", "0", "-p", at.port,
          tr("Welcome"));
    if (!await_server(s)) return;
    ENTER_TYPED(s, FIRST, "connect", at.target);
    stage_await(s, FIRST, "recv", tr("Welcome"));
    ENTER_TYPED(s, SECOND, "connect", at.target);
    stage_await(s, SECOND, "connect", tr("connected"));
    ENTER(s, THIRD, "connect", "-w", "1", at.target, tr("Hello"));
    stage_finish(s, THIRD);
    stage_hush(s, FIRST);
    stage_await(s, SECOND, "recv", tr("Welcome"));
    stage_hush(s, SECOND);
}

static void play_ipv6(struct stage *s) {
    struct place at = find_place();
    char target[16];
    snprintf(target, sizeof target, ":%s", at.port);
    ENTER(s, SERVER, "serve", "--once", "-b", "127.0.0.1", "-p", at.port);
    if (await_server(s)) ENTER(s, FIRST, "connect", target, tr("Hello"));
}

static void play_pieces(struct stage *s) {
    struct place at = find_place();
    ENTER(s, SERVER, "serve", "--once", "-4", "--read-size", "4", "-p", at.port);
    if (await_server(s)) ENTER(s, FIRST, "connect", at.target, tr("Hello World"));
}

const struct scene scenes[] = {
    {"tcp", "TCP: a connection, from socket to close",
     "The server names a socket and listens; accept gives it a second one for the client. Each "
     "side ends by itself: the other reads the end of the stream.",
     NULL, 1, play_tcp},
    {"udp", "UDP: datagrams, and no connection",
     "Nobody listens and nobody accepts: a datagram goes to an address, and each recvfrom takes "
     "one. Neither side hears that the other has closed.",
     NULL, 1, play_udp},
    {"refused", "Refused: nobody is there",
     "TCP is refused at once, by a reset of the system. UDP is sent all the same: the refusal "
     "comes back later, as an ICMP message, to the next call that asks.",
     "SYSTEM: nobody has this port", 2, play_refused},
    {"half-close", "Half-close: one side has ended, the other goes on",
     "The client shuts down its side: that is the end of what it sends, not of the connection. "
     "The server reads the end of the stream, and answers after it.",
     NULL, 1, play_half_close},
    {"time-wait", "TIME_WAIT: who ended first has to wait",
     "The side that ends first keeps its port for a minute, for what is late on the way. The same "
     "client cannot be started again from that port, unless with SO_REUSEADDR.",
     NULL, 2, play_time_wait},
    {"backlog", "The backlog: clients that nobody accepts",
     "The server accepts one client at a time. The system itself connects the next one, which "
     "waits in the queue of listen; when that is full, the third one hears nothing at all.",
     NULL, 3, play_backlog},
    {"ipv6", "IPv6 and IPv4: one name, two addresses",
     "localhost is ::1 as well as 127.0.0.1, and this server listens on one of them alone. The "
     "client tries both.",
     NULL, 1, play_ipv6},
    {"pieces", "Pieces: a stream has no messages",
     "One send of 12 bytes, and a server that asks for 4 at a time: each recv takes what it asked "
     "for. Where a message ends is for the programs to agree on.",
     NULL, 1, play_pieces},
    {NULL, NULL, NULL, NULL, 0, NULL},
};
