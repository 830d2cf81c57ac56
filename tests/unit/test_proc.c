/* A command that cannot be set up does not run, and that is told. The calls below take the place of
 * libc's. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "common/io/proc.h"
#include "common/loop/sig.h"
#include "looping.h"

static const char *faulty = ""; /* the call that fails */

static int fail(const char *call) {
    if (strcmp(call, faulty) != 0) return 0;
    errno = EIO;
    return -1;
}

int setpgid(pid_t pid, pid_t group) {
    return fail("setpgid") ? -1 : (int)syscall(SYS_setpgid, pid, group);
}

int dup2(int from, int to) { return fail("dup2") ? -1 : (int)syscall(SYS_dup3, from, to, 0); }

int setenv(const char *name, const char *value, int replace) {
    static char text[256];
    (void)replace;
    if (fail("setenv")) return -1;
    snprintf(text, sizeof text, "%s=%s", name, value);
    return putenv(strdup(text));
}

int sigprocmask(int how, const sigset_t *set, sigset_t *before) {
    if (how == SIG_SETMASK && fail("sigprocmask")) return -1;
    return (int)syscall(SYS_rt_sigprocmask, how, set, before, _NSIG / 8);
}

static int ended_with;

static void ended(struct proc *p) {
    ended_with = p->status;
    loop_stop(loop);
}

/* Runs `command` on one end of a pair while that call fails. What stderr heard is in `told`. */
static int run(const char *call, const char *command, char told[512]) {
    static struct proc_group group;
    int fd[2], log[2], stderr_before = dup(STDERR_FILENO);
    struct cause cause = {0};
    struct proc p = {.ended = ended};
    make_pair(fd);
    CHECK(pipe(log) == 0);
    syscall(SYS_dup3, log[1], STDERR_FILENO, 0);
    proc_group_start(&group, loop);
    struct proc_socket socket = {.fd = fd[0]};
    faulty = call;
    ended_with = -1;
    int result = proc_spawn(&group, &p, command, &socket, &cause);
    if (result == 0) loop_run_for(loop, 5000 * MS);
    faulty = "";
    proc_group_stop(&group);
    syscall(SYS_dup3, stderr_before, STDERR_FILENO, 0);
    fcntl(log[0], F_SETFL, O_NONBLOCK);
    ssize_t n = read(log[0], told, 511);
    told[n > 0 ? n : 0] = '\0';
    if (result < 0) snprintf(told, 512, "%s", cause.text);
    close(stderr_before);
    close_pair(log);
    close_pair(fd);
    return result;
}

static void a_command_runs(void) {
    char told[512];
    CHECK(run("", "test \"$PROTO\" = UNIX && exit 7", told) == 0);
    CHECK(ended_with == 7);
    CHECK_TEXT(told, "");
}

static void what_fails_in_the_child_is_told(void) {
    static const char *const calls[] = {"setpgid", "dup2", "setenv"};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char told[512];
        CHECK(run(calls[i], "exit 0", told) == 0);
        CHECK(ended_with == STATUS_FAILED);
        char expected[128];
        snprintf(expected, sizeof expected, "sockkit: cannot run 'exit 0': %s\n", strerror(EIO));
        CHECK_TEXT(told, expected);
    }
}

static void what_fails_before_is_a_cause(void) {
    char told[512];
    CHECK(run("sigprocmask", "exit 0", told) < 0);
    CHECK(strstr(told, "cannot run 'exit 0': ") == told);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a command runs, and its status is told", a_command_runs},
        {"a child that cannot be set up says so and does not run it",
         what_fails_in_the_child_is_told},
        {"what fails before there is a child is a cause", what_fails_before_is_a_cause},
    };
    loop = loop_new();
    sig_start(loop);
    int failed = UNIT_RUN(tests);
    loop_free(loop);
    sig_stop();
    return failed;
}
