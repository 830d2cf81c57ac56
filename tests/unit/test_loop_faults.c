/* What the loop does when the system fails it: waits that fail, watches that the kernel refuses,
 * and events that bring nothing. Both backends pass it. The calls below take the place of libc's.
 */
#include <signal.h>
#include <stdlib.h>

#include "looping.h"
#ifdef __linux__
#include <sys/epoll.h>
#endif
#include <poll.h>

#include <sys/syscall.h>

/* errno; 0: the system's own answer */
static int wait_error, refusal, create_error, deletion;
static unsigned waits;

static int fail(int error) {
    errno = error;
    return -1;
}

int epoll_create1(int flags) {
    return create_error ? fail(create_error) : (int)syscall(SYS_epoll_create1, flags);
}

int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event) {
    if (refusal && op == EPOLL_CTL_ADD) return fail(refusal);
    if (deletion && op == EPOLL_CTL_DEL) return fail(deletion);
    return (int)syscall(SYS_epoll_ctl, epoll, op, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int ms) {
    waits++;
    if (wait_error) return fail(wait_error);
    return (int)syscall(SYS_epoll_pwait, epoll, events, most, ms, NULL, 0);
}

int poll(struct pollfd *fds, nfds_t count, int ms) {
    struct timespec limit = {ms / 1000, ms % 1000 * 1000000L};
    if (count > 0) waits++;
    if (count > 0 && ms != 0 && wait_error) return fail(wait_error);
    return (int)syscall(SYS_ppoll, fds, count, ms < 0 ? NULL : &limit, NULL, 0);
}

static void nothing(struct timer *t) { (void)t; }

/* --- waits --- */

static void a_wait_that_fails_ends_the_run(void) {
    int fd[2];
    struct peer p = {0};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    CHECK(loop_error(loop) == 0);
    wait_error = EINVAL;
    loop_run(loop); /* it returns */
    CHECK(loop_error(loop) == EINVAL);
    wait_error = 0;
    watch_stop(&p.watch);
    close_pair(fd);
}

/* Whoever cleans up in a loop of his own, as one that waits for children, has his timers. */
static void timers_go_on_when_waits_fail(void) {
    struct timer t = {0};
    int fd[2];
    struct peer p = {0};
    clock_t before = clock();
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    timer_start(loop, &t, 100 * MS, nothing);
    wait_error = EINVAL;
    waits = 0;
    while (timer_running(&t)) loop_run(loop);
    CHECK(waits < 50);
    CHECK(clock() - before < CLOCKS_PER_SEC / 20);
    wait_error = 0;
    watch_stop(&p.watch);
    close_pair(fd);
}

static void waits_that_are_always_interrupted_have_failed(void) {
    int fd[2];
    struct peer p = {0};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    wait_error = EINTR;
    loop_run(loop);
    CHECK(loop_error(loop) == EINTR);
    wait_error = 0;
    watch_stop(&p.watch);
    close_pair(fd);
}

/* --- what the kernel refuses --- */

static void refused_watches_are_looked_at(int error, int *where) {
    int fd[2];
    char byte;
    struct peer p = {.act = stop_later};
    make_pair(fd);
    *where = error;
    peer_start(&p, fd[0], LOOP_READ);
    clock_t before = clock();
    waits = 0;
    loop_run_for(loop, 100 * MS);
    CHECK(p.calls == 0 && waits < 50 && clock() - before < CLOCKS_PER_SEC / 20);
    CHECK(write(fd[1], "x", 1) == 1);
    loop_run_for(loop, 1000 * MS);
    CHECK(p.calls == 1 && p.seen == LOOP_READ);
    *where = 0; /* from now on the kernel waits for it */
    loop_run_for(loop, 1000 * MS);
    CHECK(p.calls == 2);
    CHECK(read(fd[0], &byte, 1) == 1);
    waits = 0;
    loop_run_for(loop, 100 * MS);
    CHECK(p.calls == 2 && waits < 5);
    watch_stop(&p.watch);
    close_pair(fd);
}

static void a_watch_without_memory(void) { refused_watches_are_looked_at(ENOSPC, &refusal); }

static void without_descriptor(int error) {
    loop_free(loop);
    loop = loop_new();
    refused_watches_are_looked_at(error, &create_error);
}

static void a_loop_without_descriptor(void) { without_descriptor(EMFILE); }

static void a_loop_that_is_not_permitted(void) { without_descriptor(EPERM); }

static void what_the_kernel_does_not_forget_is_not_told(void) {
    int gone[2], stays[2];
    struct peer stopped = {0}, other = {.act = stop_later};
    make_pair(gone);
    make_pair(stays);
    peer_start(&stopped, gone[0], LOOP_READ);
    peer_start(&other, stays[0], LOOP_READ);
    CHECK(write(gone[1], "x", 1) == 1);
    deletion = ENOMEM;
    watch_stop(&stopped.watch);
    waits = 0;
    loop_run_for(loop, 100 * MS);
    CHECK(stopped.calls == 0 && other.calls == 0 && waits < 5);
    CHECK(write(stays[1], "x", 1) == 1);
    loop_run_for(loop, 1000 * MS);
    CHECK(stopped.calls == 0 && other.calls == 1);
    watch_stop(&other.watch);
    deletion = 0;
    close_pair(gone);
    close_pair(stays);
}

/* --- events that bring nothing --- */

static void stall(struct peer *p) { watch_stalled(&p->watch); }

static void spend(struct peer *p) {
    char byte;
    if (read(p->watch.fd, &byte, 1) != 1) watch_stalled(&p->watch);
}

static void start_stalling(struct peer *p, int fd[2]) {
    make_pair(fd);
    peer_start(p, fd[0], LOOP_READ);
    CHECK(write(fd[1], "abc", 3) == 3);
}

static void it_is_not_waited_for_without_a_timer(void) {
    int fd[2];
    struct peer p = {.act = stall};
    start_stalling(&p, fd);
    clock_t before = clock();
    loop_run_for(loop, 300 * MS);
    CHECK(p.calls > 16 && p.calls < 40);
    CHECK(clock() - before < CLOCKS_PER_SEC / 20);
    watch_stop(&p.watch);
    close_pair(fd);
}

static void rests_grow_to_a_second(void) {
    int fd[2];
    struct peer p = {.act = stall};
    start_stalling(&p, fd);
    loop_run_for(loop, 1100 * MS);
    unsigned calls = p.calls;
    loop_run_for(loop, 2200 * MS);
    CHECK(p.calls - calls >= 1 && p.calls - calls <= 3);
    watch_stop(&p.watch);
    close_pair(fd);
}

static void a_change_ends_the_rest(void) {
    int fd[2];
    struct peer p = {.act = stall};
    start_stalling(&p, fd);
    loop_run_for(loop, 300 * MS);
    unsigned calls = p.calls;
    watch_want(&p.watch, LOOP_READ | LOOP_WRITE);
    run_turn();
    CHECK(p.calls == calls + 1);
    p.act = NULL;
    watch_want(&p.watch, LOOP_READ);
    run_turn();
    run_turn();
    CHECK(p.calls == calls + 3);
    watch_stop(&p.watch);
    close_pair(fd);
}

static void a_call_that_brings_something_begins_anew(void) {
    int fd[2];
    struct peer p = {.act = spend};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    for (unsigned i = 1; i <= 100; i++) { /* each time a byte comes, it comes at once */
        CHECK(write(fd[1], "x", 1) == 1);
        run_turn();
        CHECK(p.calls == i);
    }
    watch_stop(&p.watch);
    close_pair(fd);
}

/* Many have the same descriptor, and somebody else is always faster. */
static void steal(struct peer *p) {
    char byte;
    CHECK(read(p->watch.fd, &byte, 1) == 1);
    watch_stalled(&p->watch);
}

static void an_event_that_is_over_is_no_reason_to_rest(void) {
    int fd[2];
    struct peer p = {.act = steal};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    for (unsigned i = 1; i <= 100; i++) {
        CHECK(write(fd[1], "x", 1) == 1);
        run_turn();
        CHECK(p.calls == i);
    }
    watch_stop(&p.watch);
    close_pair(fd);
}

static void stall_and_stop(struct peer *p) {
    watch_stalled(&p->watch);
    watch_stop(&p->watch);
}

static void stopped_at_rest(void) {
    int fd[2];
    struct peer p = {.act = stall};
    start_stalling(&p, fd);
    loop_run_for(loop, 100 * MS);
    unsigned calls = p.calls;
    watch_stop(&p.watch);
    CHECK(!p.watch.rest);
    p = (struct peer){.act = stall_and_stop};
    peer_start(&p, fd[0], LOOP_READ);
    loop_run_for(loop, 100 * MS);
    CHECK(calls > 16 && p.calls == 1);
    close_pair(fd);
}

static void a_regular_file_rests_too(void) {
    struct peer p = {.act = stall};
    char name[] = "/tmp/test_loop.XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0 && unlink(name) == 0);
    peer_start(&p, fd, LOOP_READ);
    clock_t before = clock();
    loop_run_for(loop, 300 * MS);
    CHECK(p.calls > 16 && p.calls < 40 && clock() - before < CLOCKS_PER_SEC / 20);
    watch_want(&p.watch, LOOP_HANGUP); /* which it never does */
    unsigned before_wait = p.calls;
    waits = 0;
    loop_run_for(loop, 100 * MS);
    CHECK(p.calls == before_wait && waits < 5);
    watch_stop(&p.watch);
    close(fd);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a watch that the kernel has no memory for is looked at", a_watch_without_memory},
        {"so is one for which the loop has no descriptor", a_loop_without_descriptor},
        {"so is one for which the loop may not have one", a_loop_that_is_not_permitted},
        {"what the kernel does not forget is not told, and does not spin",
         what_the_kernel_does_not_forget_is_not_told},
        {"an event that brings nothing is not waited for without a timer",
         it_is_not_waited_for_without_a_timer},
        {"the rests grow, to a second", rests_grow_to_a_second},
        {"another event wanted ends the rest", a_change_ends_the_rest},
        {"a call that brings something begins anew", a_call_that_brings_something_begins_anew},
        {"an event that is over is no reason to rest", an_event_that_is_over_is_no_reason_to_rest},
        {"a watch may be stopped while it rests, or stalls", stopped_at_rest},
        {"a regular file rests too", a_regular_file_rests_too},
        {"a wait that fails ends the run", a_wait_that_fails_ends_the_run},
        {"timers go on when waits fail", timers_go_on_when_waits_fail},
        {"waits that are always interrupted have failed",
         waits_that_are_always_interrupted_have_failed},
    };
    loop = loop_new();
    int failed = UNIT_RUN(tests);
    loop_free(loop);
    return failed;
}
