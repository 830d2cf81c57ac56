/* What the servers do when accept(2) or receiving fails and goes on failing, and when a reply
 * cannot be sent. The calls below take the place of libc's. */
#include <netinet/in.h>
#include <sys/syscall.h>

#include "common/base/msg.h"
#include "common/serve/server.h"
#include "common/serve/server_dgram.h"
#include "looping.h"

static int fault, send_fault; /* errno; 0: the system's own answer */
static unsigned calls, told, lost;

static int fail_with(int error) {
    errno = error;
    return -1;
}

static int fail(void) { return fail_with(fault); }

/* Under names of their own: libc declares its own with types that are not those of POSIX. */
int accept_or_fail(int fd, void *address, void *size, int flags) __asm__("accept4");
int receive_or_fail(int fd, void *items, unsigned count, int flags,
                    void *limit) __asm__("recvmmsg");
ssize_t receive_one_or_fail(int fd, void *bytes, size_t n, int flags, void *from,
                            void *size) __asm__("recvfrom");
ssize_t receive_message_or_fail(int fd, void *message, int flags) __asm__("recvmsg");

ssize_t send_or_fail(int fd, const void *bytes, size_t n, int flags) __asm__("send");

ssize_t send_or_fail(int fd, const void *bytes, size_t n, int flags) {
    return send_fault ? fail_with(send_fault) : syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

int accept_or_fail(int fd, void *address, void *size, int flags) {
    calls++;
    return fault ? fail() : (int)syscall(SYS_accept4, fd, address, size, flags);
}

int receive_or_fail(int fd, void *items, unsigned count, int flags, void *limit) {
    calls++;
    return fault ? fail() : (int)syscall(SYS_recvmmsg, fd, items, count, flags, limit);
}

ssize_t receive_one_or_fail(int fd, void *bytes, size_t n, int flags, void *from, void *size) {
    bool datagram = from != NULL; /* musl's recv(2) comes through here too */
    calls += datagram;
    return datagram && fault ? fail() : syscall(SYS_recvfrom, fd, bytes, n, flags, from, size);
}

/* Tried behind recvmmsg(2) where that is not permitted: one look at the socket, not two. */
ssize_t receive_message_or_fail(int fd, void *message, int flags) {
    return fault ? fail() : syscall(SYS_recvmsg, fd, message, flags);
}

static void count_line(void *ctx, const char *line, size_t size) {
    (void)ctx;
    told += size >= 7 && memmem(line, size, "for now", 7) != NULL;
    lost += size >= 6 && memmem(line, size, "take 6", 6) != NULL;
}

static struct listeners listen_at_loopback(int type) {
    static const struct sockopt_list none;
    struct net_names name = {{{.host = "127.0.0.1", .type = type, .numeric = true}}, 1};
    struct listeners listeners = {.count = 0};
    struct cause cause = {0};
    CHECK(listen_open(loop, &name, &none, &listeners, &cause) == 0);
    return listeners;
}

static int client_of(const struct listeners *l, int type) {
    int fd = socket(AF_INET, type, 0);
    CHECK(connect(fd, &l->addrs[0].as.any, l->addrs[0].size) == 0);
    return fd;
}

/* The errors that a call may have again and again: of one connection, of the machine, "not yet". */
static const int errors[] = {EPROTO, ECONNABORTED, EPERM, EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR};

static bool is_told(int error) { return error != EAGAIN && error != EINTR; }

/* Runs the loop while the calls fail: few are made, no CPU time is taken, and it is told once. */
static void runs_quietly(int error) {
    clock_t before = clock();
    fault = error;
    calls = told = 0;
    loop_run_for(loop, 200 * MS);
    fault = 0;
    CHECK(calls > 0 && calls < 40);
    CHECK(clock() - before < CLOCKS_PER_SEC / 20);
    CHECK(told == is_told(error));
}

/* --- streams --- */

static unsigned opened;

static void on_open(struct session *s) {
    opened++;
    loop_stop(s->server->loop);
}

static void on_data(struct session *s, const char *bytes, size_t n) {
    (void)s, (void)bytes, (void)n;
}

static void accepting(void) {
    static const struct server_ops ops = {
        .session_size = sizeof(struct session), .open = on_open, .data = on_data};
    static struct access_list all;
    struct listeners listeners = listen_at_loopback(SOCK_STREAM);
    struct server server;
    server_start(&server, loop, &listeners, (struct server_limits){.access = all}, &ops);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        int client = client_of(&listeners, SOCK_STREAM);
        runs_quietly(errors[i]);
        opened = 0;
        loop_run_for(loop, 3000 * MS); /* whatever it was is over */
        CHECK(opened == 1);
        close(client);
    }
    server_stop(&server);
    listen_close(&listeners);
}

static void answer(struct session *s, const char *bytes, size_t n) {
    (void)bytes;
    session_send(s, "answer", n > 0 ? 6 : 0);
}

static void answer_and_finish(struct session *s, const char *bytes, size_t n) {
    answer(s, bytes, n);
    session_finish(s);
}

static void gone(struct session *s) { loop_stop(s->server->loop); }

/* What a client reads behind a question, if sending the answer fails: -1 with errno. */
static ssize_t hear(const struct server_ops *ops, struct server *server) {
    static struct access_list all;
    struct listeners listeners = listen_at_loopback(SOCK_STREAM);
    char bytes[8];
    server_start(server, loop, &listeners, (struct server_limits){.access = all, .once = true},
                 ops);
    int client = client_of(&listeners, SOCK_STREAM);
    CHECK(write(client, "question", 8) == 8);
    loop_run_for(loop, 5000 * MS);
    ssize_t n = recv(client, bytes, sizeof bytes, MSG_DONTWAIT);
    int error = errno;
    server_stop(server);
    listen_close(&listeners);
    close(client);
    errno = error;
    return n;
}

static void answering(void) {
    static const struct server_ops ops[] = {
        {.session_size = sizeof(struct session), .data = answer, .closed = gone},
        {.session_size = sizeof(struct session), .data = answer_and_finish, .closed = gone},
    };
    static const int system_errors[] = {ENOBUFS, EPERM, ENOMEM};
    for (size_t i = 0; i < 6; i++) {
        struct server server;
        send_fault = system_errors[i / 2];
        lost = 0;
        CHECK(hear(&ops[i % 2], &server) == -1 && errno == ECONNRESET);
        CHECK(lost == 1 && server.outcome == STATUS_FAILED);
    }
    send_fault = 0;
}

/* --- datagrams --- */

static unsigned received;

static bool on_message(struct dgram_door *door, const struct dgram *d, struct buf *answer) {
    (void)d, (void)answer;
    received++;
    loop_stop(door->server->loop);
    return false;
}

static void receiving(void) {
    static const struct dgram_ops ops = {.message = on_message};
    static const struct access_list all;
    struct listeners listeners = listen_at_loopback(SOCK_DGRAM);
    struct dgram_server server;
    dgram_server_start(&server, loop, &listeners, &all, &ops);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        int client = client_of(&listeners, SOCK_DGRAM);
        CHECK(send(client, "x", 1, 0) == 1);
        runs_quietly(errors[i]);
        received = 0;
        loop_run_for(loop, 3000 * MS);
        CHECK(received == 1);
        close(client);
    }
    dgram_server_stop(&server);
    listen_close(&listeners);
}

static void draining(void) {
    static const struct dgram_ops ops = {.message = on_message};
    static const struct access_list all;
    struct listeners listeners = listen_at_loopback(SOCK_DGRAM);
    struct dgram_server server;
    dgram_server_start(&server, loop, &listeners, &all, &ops);
    fault = ENOMEM;
    calls = 0;
    dgram_server_drain(&server);
    fault = 0;
    CHECK(calls > 0 && calls < 40);
    dgram_server_stop(&server);
    listen_close(&listeners);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"accepting that goes on failing neither spins nor goes untold, and may succeed again",
         accepting},
        {"so does receiving datagrams", receiving},
        {"an answer that cannot be sent is told and counted, and no end for an answer", answering},
        {"draining ends when receiving fails", draining},
    };
    loop = loop_new();
    msg_divert(count_line, NULL);
    int failed = UNIT_RUN(tests);
    loop_free(loop);
    return failed;
}
