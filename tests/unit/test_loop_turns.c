/* Turns: timers, laters, signals, and what time it is. Both backends pass it. */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "looping.h"

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
    loop_run_for(loop, 60 * MS);
    CHECK(fired_count == expected);
}

static void timer_neither_early_nor_spinning(void) {
    struct alarm a = {0};
    fired_count = 0;
    last_due = 0;
    int64_t begin = clock_ns();
    clock_t before = clock();
    alarm_start(&a, 100 * MS + MS / 2);
    while (fired_count == 0) loop_run_for(loop, 150 * MS);
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

/* One that starts itself with 0 does not keep the turn from ending, and waits for no millisecond
 * either. */
static void timer_of_zero(void) {
    struct timer t = {0};
    fired_count = 0;
    timer_start(loop, &t, 0, again_at_once);
    loop_run_for(loop, 100 * MS);
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

static int64_t last_event;
static unsigned silences;

static void silence_over(struct timer *t) {
    if (!timer_put_off(t, last_event, 50 * MS)) silences++;
}

static void make_event(struct timer *t) {
    (void)t;
    last_event = loop_now(loop);
}

static void timer_of_a_silence(void) {
    struct timer silence = {0}, event = {0}, forever = {0};
    last_event = loop_now(loop);
    silences = 0;
    int64_t begin = clock_ns();
    timer_start(loop, &silence, 50 * MS, silence_over);
    timer_start(loop, &event, 30 * MS, make_event);
    while (silences == 0) loop_run_for(loop, 5 * MS);
    CHECK(clock_ns() - begin >= 80 * MS && !timer_running(&silence));
    timer_start(loop, &forever, 1, make_event);
    run_turn();
    CHECK(timer_put_off(&forever, loop_now(loop), INT64_MAX) && timer_running(&forever));
    timer_stop(&forever);
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
    CHECK(!a.later.run && !c.later.run);
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
    setitimer(ITIMER_REAL, &(struct itimerval){.it_interval = {0, 5000}, .it_value = {0, 5000}},
              NULL);
    loop_run_for(loop, 60 * MS);
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

int main(void) {
    static const struct unit_test tests[] = {
        {"timers fire in order, none early, the stopped ones never", timers_fire_in_order},
        {"a timer is waited for asleep", timer_neither_early_nor_spinning},
        {"fractions of a millisecond are waited for asleep", fractions_of_a_millisecond},
        {"a timer of zero fires at the next turn", timer_of_zero},
        {"a timer of a silence is put off by what happened since", timer_of_a_silence},
        {"time stands still within a turn", now_is_the_same_all_turn},
        {"laters run before the loop waits, chained ones too", laters_before_the_wait},
        {"laters run when all events of the turn are delivered", laters_after_the_batch},
        {"laters of the last turn run", laters_of_the_last_turn},
        {"a stop ends the run after the turn", stop_ends_after_the_turn},
        {"a signal does not disturb the wait", signal_is_just_a_turn},
        {"the time of a turn is that after its wait", now_is_after_the_wait},
    };
    loop = loop_new();
    int status = UNIT_RUN(tests);
    loop_free(loop);
    return status;
}
