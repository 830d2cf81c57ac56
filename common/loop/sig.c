#include "common/loop/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/aside.h"

static int pipe_ends[2] = {-1, -1};
static struct loop *pipe_loop;
static struct watch pipe_watch;
static struct later pipe_later;
static struct sig_watch *watches;

static void handler(int signal) {
    int saved = errno;
    unsigned char byte = (unsigned char)signal;
    /* A full pipe has more signals in it than anybody needs; after sig_stop there is none. */
    ssize_t ignored = write(pipe_ends[1], &byte, 1);
    (void)ignored;
    errno = saved;
}

static void tell(int signal) {
    struct sig_watch *next;
    for (struct sig_watch *w = watches; w; w = next) {
        next = w->next;
        if (w->signal == signal) w->caught(w);
    }
}

static void pipe_ready(struct watch *w, unsigned events) {
    unsigned char bytes[64];
    (void)events;
    ssize_t n = read(w->fd, bytes, sizeof bytes);
    if (n <= 0) watch_stalled(w);
    for (ssize_t i = 0; i < n; i++) tell(bytes[i]);
}

/* Returns the action that the signal had. */
static void (*set_action(int signal, void (*action)(int)))(int) {
    struct sigaction now, before;
    memset(&now, 0, sizeof now);
    /* Without SA_RESTART: Ctrl-C ends a write to a terminal that is stopped. */
    now.sa_handler = action;
    sigemptyset(&now.sa_mask);
    return sigaction(signal, &now, &before) == 0 ? before.sa_handler : SIG_ERR;
}

static void watch_pipe(struct later *l) {
    (void)l;
    watch_start(pipe_loop, &pipe_watch, pipe_ends[0], LOOP_READ, pipe_ready);
}

/* Watched once the loop runs: a run that never waits is spared the calls. */
static int open_pipe(struct loop *loop) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    pipe_loop = loop;
    pipe_watch = (struct watch){0};
    pipe_later = (struct later){0};
    for (int i = 0; i < 2; i++) pipe_ends[i] = aside_move(ends[i]);
    later_run(loop, &pipe_later, watch_pipe);
    return 0;
}

int sig_descriptor(void) { return pipe_ends[0]; }

int sig_start(struct loop *loop) {
    sigset_t none;
    sigemptyset(&none);
    /* The program that started us may have blocked SIGCHLD or SIGTERM. */
    sigprocmask(SIG_SETMASK, &none, NULL);
    set_action(SIGPIPE, SIG_IGN);
    set_action(SIGXFSZ, SIG_IGN);
    return open_pipe(loop);
}

int sig_forked(struct loop *loop) {
    int others[2] = {pipe_ends[0], pipe_ends[1]};
    if (open_pipe(loop) < 0) return -1;
    for (int i = 0; i < 2; i++) close(others[i]);
    return 0;
}

void sig_stop(void) {
    watches = NULL;
    pipe_watch = (struct watch){0};
    for (int i = 0; i < 2; i++) {
        if (pipe_ends[i] >= 0) close(pipe_ends[i]);
        pipe_ends[i] = -1;
    }
}

void sig_watch(struct sig_watch *w, int signal, void (*caught)(struct sig_watch *w)) {
    w->signal = signal;
    w->caught = caught;
    w->next = watches;
    watches = w;
    if (set_action(signal, handler) == SIG_IGN && signal != SIGCHLD) set_action(signal, SIG_IGN);
}

static bool is_watched(int signal) {
    for (const struct sig_watch *w = watches; w; w = w->next)
        if (w->signal == signal) return true;
    return false;
}

void sig_unwatch(struct sig_watch *w) {
    for (struct sig_watch **at = &watches; *at; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            if (!is_watched(w->signal) && set_action(w->signal, SIG_DFL) == SIG_IGN)
                set_action(w->signal, SIG_IGN);
            return;
        }
}

/* The child's handler would write to the pipe that both processes have, so no signal may be caught
 * before the child has its default actions. */
pid_t sig_fork(void) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0) return -1;
    pid_t pid = fork();
    int error = errno;
    for (int signal = 1; pid == 0 && signal < NSIG; signal++) set_action(signal, SIG_DFL);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0) {
        error = errno;
        if (pid == 0) _exit(1);
        if (pid > 0 && kill(pid, SIGKILL) == 0) waitpid(pid, NULL, 0);
        pid = -1;
    }
    errno = error;
    return pid;
}

void sig_end(int signal) {
    sigset_t set;
    set_action(signal, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(signal);
}
