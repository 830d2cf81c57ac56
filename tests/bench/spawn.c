/*
 * How long a short program takes, from its start to its end, and what it holds when it ends.
 *
 *   spawn RUNS PROGRAM [ARG]...     prints  median_us= least_us= rss_kib= status=
 *
 * The program's stdin, stdout and stderr are /dev/null. What is resident is read in one more run,
 * stopped at its exit.
 */
#include "load.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static const char help[] = "spawn RUNS PROGRAM [ARG]...";

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double spawn_us(char **argv, const posix_spawn_file_actions_t *actions, int *status) {
    pid_t child;
    uint64_t start = now_ns();
    errno = posix_spawnp(&child, argv[0], actions, NULL, argv, environ);
    if (errno || waitpid(child, status, 0) < 0) die(argv[0]);
    return (double)(now_ns() - start) / 1e3;
}

/* KiB resident as the program ends. */
static long resident_at_exit(char **argv, int null) {
    pid_t child = fork();
    if (child == 0) {
        for (int fd = 0; fd < 3; fd++) dup2(null, fd);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) die("fork");
    ptrace(PTRACE_SETOPTIONS, child, NULL,
           (void *)(uintptr_t)(PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
    long kib = 0;
    while (WIFSTOPPED(status)) {
        int signal = WSTOPSIG(status);
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) kib = resident_kib(child);
        ptrace(PTRACE_CONT, child, NULL, (void *)(uintptr_t)(signal == SIGTRAP ? 0 : signal));
        if (waitpid(child, &status, 0) < 0) die("waitpid");
    }
    return kib;
}

int main(int argc, char **argv) {
    enum { MOST = 100000 };

    static double took[MOST];
    if (argc < 3) usage(help);
    size_t runs = number(argv[1], MOST, help);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), status = 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++) posix_spawn_file_actions_adddup2(&actions, null, fd);
    for (size_t i = 0; i < runs; i++) took[i] = spawn_us(argv + 2, &actions, &status);
    qsort(took, runs, sizeof *took, by_size);
    printf("median_us=%.1f least_us=%.1f rss_kib=%ld status=%d\n", took[runs / 2], took[0],
           resident_at_exit(argv + 2, null),
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
