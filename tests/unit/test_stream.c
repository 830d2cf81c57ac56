/* A stream whose peer is on a Unix socket and takes no more, or has gone. */
#include "common/net/stream.h"
#include "looping.h"

struct talk {
    struct stream stream;
    char heard[64];
    size_t size;
    unsigned ends, failures, spaces;
    int error;
};

static void on_data(struct stream *s, const char *bytes, size_t n) {
    struct talk *t = container_of(s, struct talk, stream);
    memcpy(t->heard + t->size, bytes, n);
    t->size += n;
}

static void on_end(struct stream *s) { container_of(s, struct talk, stream)->ends++; }

static void on_space(struct stream *s) { container_of(s, struct talk, stream)->spaces++; }

static void on_fail(struct stream *s, int error) {
    struct talk *t = container_of(s, struct talk, stream);
    t->failures++;
    t->error = error;
}

static void start(struct talk *t, int fd[2]) {
    static const struct stream_ops ops = {
        .data = on_data, .end = on_end, .space = on_space, .fail = on_fail};
    *t = (struct talk){.size = 0};
    make_pair(fd);
    stream_start(&t->stream, loop, fd[0], &ops);
}

static void stop(struct talk *t, int fd[2]) {
    stream_stop(&t->stream);
    close_pair(fd);
}

/* Runs for a while, in which next to no CPU time must be taken. */
static void run_asleep(void) {
    clock_t before = clock();
    loop_run_for(loop, 100 * MS);
    CHECK(clock() - before < CLOCKS_PER_SEC / 20);
}

static void a_peer_that_takes_no_more_is_read_to_its_end(void) {
    struct talk t;
    int fd[2];
    start(&t, fd);
    CHECK(shutdown(fd[1], SHUT_RD) == 0);
    stream_send(&t.stream, "lost", 4);
    stream_ask_space(&t.stream, true);
    run_asleep();
    CHECK(t.failures == 0 && t.spaces == 0);
    CHECK(write(fd[1], "late", 4) == 4);
    run_asleep();
    CHECK(t.size == 4 && memcmp(t.heard, "late", 4) == 0 && t.failures == 0);
    CHECK(shutdown(fd[1], SHUT_WR) == 0);
    run_asleep();
    CHECK(t.ends == 1 && t.failures == 1 && t.error == EPIPE);
    stop(&t, fd);
}

static void the_failure_is_told_once_nobody_reads(void) {
    struct talk t;
    int fd[2];
    start(&t, fd);
    CHECK(shutdown(fd[1], SHUT_RD) == 0);
    stream_send(&t.stream, "lost", 4);
    CHECK(t.failures == 0); /* from the loop alone */
    run_turn();
    CHECK(t.failures == 0);
    stream_read(&t.stream, false);
    run_turn();
    CHECK(t.failures == 1 && t.error == EPIPE);
    run_asleep();
    CHECK(t.failures == 1);
    stop(&t, fd);
}

static void the_failure_is_told_to_an_owner_that_is_done(void) {
    struct talk t;
    int fd[2];
    start(&t, fd);
    CHECK(shutdown(fd[1], SHUT_RD) == 0);
    stream_send(&t.stream, "lost", 4);
    stream_shut(&t.stream);
    run_turn();
    CHECK(t.failures == 1 && t.error == EPIPE);
    stop(&t, fd);
}

static void no_failure_is_told_after_the_stop(void) {
    struct talk t;
    int fd[2];
    start(&t, fd);
    CHECK(shutdown(fd[1], SHUT_RD) == 0);
    stream_send(&t.stream, "lost", 4);
    stream_shut(&t.stream);
    stream_stop(&t.stream);
    run_turn();
    CHECK(t.failures == 0);
    stop(&t, fd);
}

static void a_hang_up_while_nobody_reads_is_told_when_somebody_does(void) {
    struct talk t;
    int fd[2];
    start(&t, fd);
    stream_read(&t.stream, false);
    CHECK(write(fd[1], "last", 4) == 4);
    CHECK(shutdown(fd[1], SHUT_RDWR) == 0);
    run_asleep();
    CHECK(t.ends == 0 && t.failures == 0);
    stream_read(&t.stream, true);
    run_asleep();
    CHECK(t.size == 4 && t.ends == 1);
    stop(&t, fd);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a peer that takes no more is read to its end",
         a_peer_that_takes_no_more_is_read_to_its_end},
        {"the failure of a send is told once nobody reads", the_failure_is_told_once_nobody_reads},
        {"it is told to an owner that is done", the_failure_is_told_to_an_owner_that_is_done},
        {"it is not told after the stop", no_failure_is_told_after_the_stop},
        {"a hang-up while nobody reads is told when somebody does",
         a_hang_up_while_nobody_reads_is_told_when_somebody_does},
    };
    loop = loop_new();
    int failed = UNIT_RUN(tests);
    loop_free(loop);
    return failed;
}
