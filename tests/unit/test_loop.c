/* Both backends pass it: link loop_epoll.c or loop_poll.c. */
#include "../../common/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../common/mem.h"
#include "unit.h"

#define MS INT64_C(1000000)

/* A watch that counts its calls, and does one thing at each. */
struct peer {
    struct watch watch;
    unsigned calls, seen;
    void (*act)(struct peer *p);
    struct peer *other;
};

static struct loop *loop;

static void peer_ready(struct watch *w, unsigned events) {
    struct peer *p = container_of(w, struct peer, watch);
    p->calls++;
    p->seen |= events;
    if (p->act)
        p->act(p);
}

static void peer_start(struct peer *p, int fd, unsigned want) {
    watch_start(loop, &p->watch, fd, want, peer_ready);
}

static void stop_run(struct timer *t) { loop_stop(t->loop); }
static void stop_later(struct peer *p) { loop_stop(p->watch.loop); }

/* Runs the loop for that long. */
static void run_for(int64_t ns) {
    struct timer end = {0};
    timer_start(loop, &end, ns, stop_run);
    loop_run(loop);
}

/* One turn: a timer that is due at once ends it. */
static void run_turn(void) { run_for(0); }

static int64_t clock_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void make_pair(int fd[2]) {
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
}

static void close_pair(const int fd[2]) {
    close(fd[0]);
    close(fd[1]);
}

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

/* A pipe without a reader is an error to its writer, one without a writer a hang-up to its reader. */
static void hangup_as_wanted(void) {
    static const unsigned wants[] = {LOOP_READ, LOOP_WRITE, LOOP_HANGUP, LOOP_HANGUP | LOOP_READ};
    static const unsigned heard[] = {LOOP_READ, LOOP_WRITE, LOOP_HANGUP, LOOP_READ};
    for (size_t i = 0; i < 4; i++) {
        int fd[2], end = wants[i] & LOOP_WRITE ? 1 : 0;
        struct peer p = {0};
        CHECK(pipe(fd) == 0);
        peer_start(&p, fd[end], wants[i]);
        if (end == 0)
            run_turn();
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
    run_for(200 * MS);
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

/* Two are ready in one turn; whichever comes first does something to the other. Returns the calls. */
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
    if (!p->other->watch.loop)
        peer_start(p->other, dup(p->watch.fd), LOOP_WRITE);
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
    run_for(100 * MS);
    watch_want(&p.watch, 0);
    run_for(100 * MS);
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

/* Sockets and files, some started, some stopped, some resting: at each turn just those that should be are called. */
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

/* --- timers --- */

static int64_t last_due;
static unsigned fired_count;

struct alarm {
    struct timer timer;
    int64_t start, ns;
};

static void alarm_fired(struct timer *t) {
    struct alarm *a = container_of(t, struct alarm, timer);
    CHECK(!timer_running(t));
    CHECK(clock_ns() >= a->start + a->ns);
    CHECK(t->due >= last_due);
    last_due = t->due;
    fired_count++;
}

static void alarm_start(struct alarm *a, int64_t ns) {
    a->start = clock_ns();
    a->ns = ns;
    timer_start(loop, &a->timer, ns, alarm_fired);
}

static void timers_fire_in_order(void) {
    static struct alarm alarms[1000];
    unsigned expected = 0;
    fired_count = 0;
    last_due = 0;
    srand(2);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < 1000; i++)
            alarm_start(&alarms[i], (1 + rand() % 40) * MS + rand() % MS);
    for (size_t i = 0; i < 1000; i++)
        if (rand() % 3)
            expected++;
        else
            timer_stop(&alarms[i].timer);
    run_for(60 * MS);
    CHECK(fired_count == expected);
}

static void timer_neither_early_nor_spinning(void) {
    struct alarm a = {0};
    fired_count = 0;
    last_due = 0;
    int64_t begin = clock_ns();
    clock_t before = clock();
    alarm_start(&a, 100 * MS + MS / 2);
    while (fired_count == 0)
        run_for(150 * MS);
    CHECK(clock_ns() - begin >= 100 * MS + MS / 2);
    CHECK(clock() - before < CLOCKS_PER_SEC / 20);
}

static void again_soon(struct timer *t) {
    if (++fired_count < 100)
        timer_start(t->loop, t, 2 * MS - MS / 10, again_soon);
    else
        loop_stop(t->loop);
}

/* Rounded down, each of these would be waited for awake during its last 0.9 ms. */
static void fractions_of_a_millisecond(void) {
    struct timer t = {0};
    fired_count = 0;
    clock_t before = clock();
    timer_start(loop, &t, MS, again_soon);
    loop_run(loop);
    CHECK(clock() - before < CLOCKS_PER_SEC / 25);
}

static void again_at_once(struct timer *t) {
    fired_count++;
    timer_start(t->loop, t, 0, again_at_once);
}

/* One that starts itself with 0 does not keep the turn from ending, and waits for no millisecond either. */
static void timer_of_zero(void) {
    struct timer t = {0};
    fired_count = 0;
    timer_start(loop, &t, 0, again_at_once);
    run_for(100 * MS);
    CHECK(fired_count > 200);
    CHECK(timer_running(&t));
    timer_stop(&t);
    timer_stop(&t);
    CHECK(!timer_running(&t));
    timer_start(loop, &t, INT64_MAX, again_at_once);
    run_turn();
    CHECK(timer_running(&t) && t.due == INT64_MAX);
    timer_stop(&t);
}

static int64_t seen_now[3];
static void see_now(struct peer *p) {
    size_t i = p->calls == 1 && p->other->calls == 0 ? 0 : 1;
    seen_now[i] = loop_now(loop);
    int64_t until = clock_ns() + 2 * MS;
    while (clock_ns() < until)
        ;
}

static void now_is_the_same_all_turn(void) {
    int fd[2];
    struct peer p = {.act = see_now}, q = {.act = see_now, .other = &p};
    p.other = &q;
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_WRITE);
    peer_start(&q, fd[1], LOOP_WRITE);
    int64_t before = clock_ns();
    run_turn();
    CHECK(seen_now[0] >= before && seen_now[0] == seen_now[1]);
    CHECK(loop_now(loop) >= before + 4 * MS);
    watch_stop(&p.watch);
    watch_stop(&q.watch);
    close_pair(fd);
}

/* --- laters --- */

struct job {
    struct later later;
    struct job *next;
    unsigned runs, after;
};

static unsigned job_runs;

static void job_run(struct later *l) {
    struct job *j = container_of(l, struct job, later);
    j->runs++;
    j->after = ++job_runs;
    if (j->next)
        later_run(loop, &j->next->later, job_run);
    else
        loop_stop(loop);
}

static void laters_before_the_wait(void) {
    struct job c = {0}, b = {.next = &c}, a = {.next = &b};
    job_runs = 0;
    later_run(loop, &a.later, job_run);
    later_run(loop, &a.later, job_run);
    loop_run(loop); /* ends without event or timer: the last later stops it */
    CHECK(a.runs == 1 && b.runs == 1 && c.runs == 1);
    CHECK(a.after == 1 && b.after == 2 && c.after == 3);
    CHECK(!a.later.queued && !c.later.queued);
}

static struct job end_job;
static void queue_job(struct peer *p) {
    later_run(p->watch.loop, &end_job.later, job_run);
    CHECK(end_job.runs == 0);
}

static void laters_after_the_batch(void) {
    int fd[2];
    struct peer p = {.act = queue_job}, q = {.act = queue_job};
    make_pair(fd);
    job_runs = 0;
    peer_start(&p, fd[0], LOOP_WRITE);
    peer_start(&q, fd[1], LOOP_WRITE);
    loop_run(loop);
    CHECK(p.calls == 1 && q.calls == 1 && end_job.runs == 1);
    watch_stop(&p.watch);
    watch_stop(&q.watch);
    close_pair(fd);
}

static void queue_and_stop(struct peer *p) {
    later_run(p->watch.loop, &end_job.later, job_run);
    loop_stop(p->watch.loop);
}

static void laters_of_the_last_turn(void) {
    int fd[2];
    struct peer p = {.act = queue_and_stop};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_WRITE);
    end_job = (struct job){.next = NULL};
    loop_run(loop);
    CHECK(end_job.runs == 1);
    watch_stop(&p.watch);
    close_pair(fd);
}

static void stop_ends_after_the_turn(void) {
    int fd[2];
    struct peer p = {.act = stop_later}, q = {.act = stop_later};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_WRITE);
    peer_start(&q, fd[1], LOOP_WRITE);
    loop_run(loop);
    CHECK(p.calls == 1 && q.calls == 1);
    loop_stop(loop);
    loop_run(loop); /* stopped before it ran: no turn at all */
    CHECK(p.calls == 1 && q.calls == 1);
    watch_stop(&p.watch);
    watch_stop(&q.watch);
    close_pair(fd);
}

static volatile sig_atomic_t interrupts;
static void interrupted(int signal) {
    (void)signal;
    interrupts++;
}

static void signal_is_just_a_turn(void) {
    struct peer p = {0};
    int fd[2];
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupted}, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_interval = {0, 5000}, .it_value = {0, 5000}}, NULL);
    run_for(60 * MS);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    CHECK(interrupts > 0 && p.calls == 0);
    watch_stop(&p.watch);
    close_pair(fd);
}

static void see_first_now(struct peer *p) {
    seen_now[0] = loop_now(loop);
    loop_stop(p->watch.loop);
}

static void now_is_after_the_wait(void) {
    int fd[2];
    struct peer p = {.act = see_first_now};
    make_pair(fd);
    peer_start(&p, fd[0], LOOP_READ);
    int64_t before = clock_ns();
    fflush(stdout);
    pid_t writer = fork();
    if (writer == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 30 * MS}, NULL);
        _exit(write(fd[1], "x", 1) != 1);
    }
    loop_run(loop);
    CHECK(p.calls == 1 && seen_now[0] >= before + 30 * MS);
    CHECK(waitpid(writer, NULL, 0) == writer);
    watch_stop(&p.watch);
    close_pair(fd);
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
        {"started, stopped and resting watches are told apart", started_and_stopped_at_random},
        {"timers fire in order, none early, the stopped ones never", timers_fire_in_order},
        {"a timer is waited for asleep", timer_neither_early_nor_spinning},
        {"fractions of a millisecond are waited for asleep", fractions_of_a_millisecond},
        {"a timer of zero fires at the next turn", timer_of_zero},
        {"time stands still within a turn", now_is_the_same_all_turn},
        {"laters run before the loop waits, chained ones too", laters_before_the_wait},
        {"laters run when all events of the turn are delivered", laters_after_the_batch},
        {"laters of the last turn run", laters_of_the_last_turn},
        {"a stop ends the run after the turn", stop_ends_after_the_turn},
        {"a signal does not disturb the wait", signal_is_just_a_turn},
        {"the time of a turn is that after its wait", now_is_after_the_wait},
        {"hundreds ready at once are all served", many_ready_at_once},
    };
    loop = loop_new();
    int status = UNIT_RUN(tests);
    loop_free(loop);
    return status;
}
