/* Watches. Both backends pass it: link loop_epoll.c or loop_poll.c. */
#include <fcntl.h>
#include <stdlib.h>

#include "looping.h"

static void readable_while_unread(void) {
    int fd[2];
    char byte;
    struct peer p = {0};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    run_turn();
    CHECK(p.calls == 0);
    CHECK(write(fd[1], "x", 1) == 1);
    run_turn();
    run_turn();
    CHECK(p.calls == 2 && p.seen == LOOP_READ);
    CHECK(read(fd[0], &byte, 1) == 1);
    run_turn();
    CHECK(p.calls == 2);
    watch_stop(&p.watch);
    close_pair(fd);
}

static void both_directions(void) {
    int fd[2];
    struct peer p = {0};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ | LOOP_WRITE);
    run_turn();
    CHECK(p.calls == 1 && p.seen == LOOP_WRITE);
    CHECK(write(fd[1], "x", 1) == 1);
    run_turn();
    CHECK(p.calls == 2 && p.seen == (LOOP_READ | LOOP_WRITE));
    watch_want(&p.watch, LOOP_READ);
    p.seen = 0;
    run_turn();
    CHECK(p.seen == LOOP_READ);
    watch_stop(&p.watch);
    close_pair(fd);
}

/* A pipe without a reader is an error to its writer, one without a writer a hang-up to its
 * reader. */
static void hangup_as_wanted(void) {
    static const unsigned wants[] = {LOOP_READ, LOOP_WRITE, LOOP_HANGUP, LOOP_HANGUP | LOOP_READ};
    static const unsigned heard[] = {LOOP_READ, LOOP_WRITE, LOOP_HANGUP, LOOP_READ};
    for (size_t i = 0; i < 4; i++) {
        int fd[2], end = wants[i] & LOOP_WRITE ? 1 : 0;
        struct peer p = {0};
        CHECK(pipe(fd) == 0);
        peer_start(&p, fd[end], wants[i]);
        if (end == 0) run_turn();
        CHECK(p.calls == 0);
        close(fd[1 - end]);
        run_turn();
        CHECK(p.calls == 1 && (p.seen & heard[i]) && !(p.seen & ~wants[i]));
        watch_stop(&p.watch);
        close(fd[end]);
    }
}

/* CPU time shows that the loop slept: it would be called in vain at every turn. */
static void resting_watch_does_not_spin(void) {
    int fd[2];
    struct peer p = {0};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    close(fd[1]);
    watch_want(&p.watch, 0);
    clock_t before = clock();
    loop_run_for(loop, 200 * MS);
    CHECK(p.calls == 0);
    CHECK(clock() - before < CLOCKS_PER_SEC / 20);
    watch_want(&p.watch, LOOP_READ);
    run_turn();
    CHECK(p.calls == 1);
    watch_stop(&p.watch);
    close(fd[0]);
}

static void stop_other(struct peer *p) { watch_stop(&p->other->watch); }

static void rest_other(struct peer *p) { watch_want(&p->other->watch, 0); }

static void restart_other(struct peer *p) {
    int fd = p->other->watch.fd;
    watch_stop(&p->other->watch);
    peer_start(p->other, fd, LOOP_READ);
}

static void stop_self(struct peer *p) { watch_stop(&p->watch); }

/* Two are ready in one turn; whichever comes first does something to the other. Returns the
 * calls. */
static unsigned calls_of_both(void (*act)(struct peer *)) {
    int a[2], b[2];
    make_pair(a);
    make_pair(b);
    struct peer p = {.act = act}, q = {.act = act};
    p.other = &q;
    q.other = &p;
    peer_start(&p, a[0], LOOP_READ);
    peer_start(&q, b[0], LOOP_READ);
    CHECK(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1);
    run_turn();
    unsigned calls = p.calls + q.calls;
    watch_stop(&p.watch);
    watch_stop(&q.watch);
    close_pair(a);
    close_pair(b);
    return calls;
}

static void no_call_after_stop(void) {
    CHECK(calls_of_both(NULL) == 2);
    CHECK(calls_of_both(stop_other) == 1);
    CHECK(calls_of_both(rest_other) == 1);
    CHECK(calls_of_both(restart_other) == 1);
    CHECK(calls_of_both(stop_self) == 2);
}

static void free_self(struct peer *p) {
    watch_stop(&p->watch);
    free(p);
}

static void owner_frees_itself_in_ready(void) {
    int fd[2];
    struct peer *p = mem_new(sizeof *p);
    p->act = free_self;
    make_pair(fd);
    peer_start(p, fd[0], LOOP_WRITE);
    run_turn();
    run_turn();
    close_pair(fd);
}

static void start_other(struct peer *p) {
    if (!p->other->watch.loop) peer_start(p->other, dup(p->watch.fd), LOOP_WRITE);
}

static void started_in_ready(void) {
    int fd[2];
    struct peer q = {0}, p = {.act = start_other, .other = &q};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_WRITE);
    run_turn();
    CHECK(q.calls == 0);
    run_turn();
    CHECK(q.calls == 1);
    close(q.watch.fd);
    watch_stop(&q.watch);
    watch_stop(&p.watch);
    watch_stop(&p.watch);
    close_pair(fd);
}

/* The kernel gives the number out again at once. */
static void reused_descriptor(void) {
    int fd[2], again[2];
    struct peer p = {0}, q = {0};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_WRITE);
    watch_stop(&p.watch);
    close_pair(fd);
    make_pair(again);
    CHECK(again[0] == fd[0]);
    peer_start(&q, again[0], LOOP_READ);
    run_turn();
    CHECK(p.calls == 0 && q.calls == 0);
    watch_stop(&q.watch);
    close_pair(again);
}

static int open_file(void) {
    char name[] = "/tmp/test_loop.XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    return fd;
}

static void regular_file_is_always_ready(void) {
    int fd = open_file();
    struct peer p = {0}, q = {.other = &p, .act = stop_other};
    peer_start(&p, fd, LOOP_READ);
    run_turn();
    run_turn();
    CHECK(p.calls == 2 && p.seen == LOOP_READ);
    clock_t before = clock();
    watch_want(&p.watch, LOOP_HANGUP);
    loop_run_for(loop, 100 * MS);
    watch_want(&p.watch, 0);
    loop_run_for(loop, 100 * MS);
    CHECK(p.calls == 2);
    CHECK(clock() - before < CLOCKS_PER_SEC / 20);
    watch_want(&p.watch, LOOP_WRITE);
    run_turn();
    CHECK(p.calls == 3 && p.seen == (LOOP_READ | LOOP_WRITE));
    peer_start(&q, dup(fd), LOOP_READ);
    run_turn();
    unsigned calls = p.calls;
    run_turn();
    CHECK(q.calls == 2 && p.calls == calls);
    close(q.watch.fd);
    watch_stop(&q.watch);
    close(fd);
}

static void regular_file_is_not_waited_for(void) {
    int fd = open_file();
    struct peer p = {.act = stop_later};
    struct timer end = {0};
    timer_start(loop, &end, 10000 * MS, stop_run);
    peer_start(&p, fd, LOOP_READ);
    loop_run(loop);
    CHECK(p.calls == 1 && timer_running(&end));
    timer_stop(&end);
    watch_stop(&p.watch);
    close(fd);
}

static unsigned slept;

static void wanted(int fd, unsigned want) {
    (void)fd;
    (void)want;
}

static void sleeping(int ms) {
    (void)ms;
    slept++;
}

static void regular_file_never_hangs_up(void) {
    static const struct loop_observer observer = {.wants = wanted, .sleeps = sleeping};
    int fd = open_file();
    struct peer p = {0};
    struct timer end = {0};
    loop_observe(&observer);
    timer_start(loop, &end, 20 * MS, stop_run);
    peer_start(&p, fd, LOOP_HANGUP);
    loop_run(loop);
    CHECK(p.calls == 0 && slept > 0);
    loop_observe(NULL);
    watch_stop(&p.watch);
    close(fd);
}

/* Sockets and files, some started, some stopped, some resting: at each turn just those that should
 * be are called. */
static void started_and_stopped_at_random(void) {
    enum { COUNT = 40 };
    struct peer peers[COUNT] = {0};
    unsigned expected[COUNT] = {0}, wrong = 0;
    int fd[COUNT];
    for (size_t i = 0; i < COUNT; i += 2) {
        make_pair(&fd[i]);
        if (i % 4 == 0) {
            close_pair(&fd[i]);
            fd[i] = open_file();
            fd[i + 1] = open_file();
        }
    }
    srand(5);
    for (int turn = 0; turn < 2000; turn++) {
        size_t one = (size_t)rand() % COUNT;
        struct peer *p = &peers[one];
        unsigned want = rand() % 3 ? LOOP_WRITE : 0;
        if (!p->watch.loop)
            peer_start(p, fd[one], want);
        else if (rand() % 2)
            watch_want(&p->watch, want);
        else
            watch_stop(&p->watch);
        run_turn();
        for (size_t i = 0; i < COUNT; i++) {
            expected[i] += peers[i].watch.loop && peers[i].watch.want;
            wrong += peers[i].calls != expected[i];
        }
    }
    CHECK(wrong == 0);
    for (size_t i = 0; i < COUNT; i++) {
        watch_stop(&peers[i].watch);
        close(fd[i]);
    }
}

static void many_ready_at_once(void) {
    enum { MANY = 400 };
    static struct peer peers[2 * MANY];
    int fd[2];
    for (size_t i = 0; i < MANY; i++) {
        make_pair(fd);
        peer_start(&peers[2 * i], fd[0], LOOP_WRITE);
        peer_start(&peers[2 * i + 1], fd[1], LOOP_WRITE);
    }
    for (int turn = 0; turn < 5; turn++) run_turn(); /* room for what is ready grows with it */
    unsigned silent = 0;
    for (size_t i = 0; i < 2 * MANY; i++) {
        silent += peers[i].calls == 0;
        watch_stop(&peers[i].watch);
        close(peers[i].watch.fd);
    }
    CHECK(silent == 0);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a watch is called as long as there is something to read", readable_while_unread},
        {"reading and writing are told apart", both_directions},
        {"an error or hang-up comes as what is wanted", hangup_as_wanted},
        {"a watch that wants nothing costs nothing, even hung up", resting_watch_does_not_spin},
        {"a watch stopped or resting gets no further call in the turn", no_call_after_stop},
        {"an owner may free itself in ready", owner_frees_itself_in_ready},
        {"a watch may start another in ready", started_in_ready},
        {"a reused descriptor gets no stale event", reused_descriptor},
        {"a regular file is ready at every turn", regular_file_is_always_ready},
        {"a regular file is not waited for", regular_file_is_not_waited_for},
        {"a regular file never hangs up: the loop sleeps, observed or not",
         regular_file_never_hangs_up},
        {"started, stopped and resting watches are told apart", started_and_stopped_at_random},
        {"hundreds ready at once are all served", many_ready_at_once},
    };
    loop = loop_new();
    int status = UNIT_RUN(tests);
    loop_free(loop);
    return status;
}
