#include "common/serve/workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/lang.h"
#include "common/base/mem.h"

/* --- in a worker --- */

static void told_to_end(struct watch *w, unsigned events) {
    (void)events;
    loop_stop(w->loop);
}

void workers_leave(int status) { _exit(status); }

/* The loop that was copied by fork(2) is the parent's. */
static void become_worker(struct workers *w, int index, int line) {
    loop_free(w->call->loop);
    w->call->loop = loop_new();
    if (sig_forked(w->call->loop) < 0) {
        msg_error("worker %ld cannot watch for signals: %s", (long)getpid(), lang_error(errno));
        workers_leave(STATUS_FAILED);
    }
    close(w->line);
    w->line = line;
    w->index = index;
    watch_start(w->call->loop, &w->line_watch, line, LOOP_READ, told_to_end);
}

void workers_idle(struct workers *w) {
    ssize_t n = send(w->line, "", 1, MSG_NOSIGNAL);
    (void)n; /* Where the parent has exited, end of file on this socket stops us anyway. */
}

/* --- in the parent --- */

void workers_end(struct workers *w) {
    if (w->line < 0) return;
    watch_stop(&w->line_watch);
    close(w->line);
    w->line = -1;
}

static void line_ready(struct watch *watch, unsigned events) {
    struct workers *w = container_of(watch, struct workers, line_watch);
    char bytes[64];
    (void)events;
    ssize_t n = recv(w->line, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0) watch_stalled(watch);
    if (n == 0) watch_stop(watch); /* no worker holds the other end any more */
    if (n <= 0 || (w->idle += (int)n) < w->count) return;
    msg_error("no client came in time");
    w->status = STATUS_TIMEOUT;
    workers_end(w);
}

static void note_end(struct workers *w, pid_t pid, int status) {
    w->left--;
    if (WIFSIGNALED(status)) {
        msg_error("worker %ld was ended by signal %d: %s", (long)pid, WTERMSIG(status),
                  tr(strsignal(WTERMSIG(status))));
        if (!w->status) w->status = STATUS_FAILED;
    } else if (WEXITSTATUS(status) && !w->status) {
        w->status = WEXITSTATUS(status);
    }
}

static void reap(struct workers *w, int options) {
    for (int i = 0; i < w->count; i++) {
        int status;
        if (!w->pids[i] || waitpid(w->pids[i], &status, options) != w->pids[i]) continue;
        note_end(w, w->pids[i], status);
        w->pids[i] = 0;
    }
}

static void child_ended(struct sig_watch *s) {
    struct workers *w = container_of(s, struct workers, child_signal);
    reap(w, WNOHANG);
    if (w->left == 0) loop_stop(w->call->loop);
}

int workers_wait(struct workers *w) {
    while (w->left > 0 && !loop_error(w->call->loop)) {
        if (call_over(w->call)) workers_end(w);
        loop_run(w->call->loop);
    }
    workers_end(w);
    if (w->left > 0) reap(w, 0); /* a loop that cannot wait does not tell of their end */
    sig_unwatch(&w->child_signal);
    free(w->pids);
    return w->status;
}

int workers_start(struct workers *w, struct call *call, int count, struct cause *cause) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return cause_set(cause, STATUS_FAILED, "cannot start workers: %s", lang_error(errno));
    for (int i = 0; i < 2; i++) ends[i] = aside_move(ends[i]);
    *w = (struct workers){.call = call,
                          .index = -1,
                          .line = ends[0],
                          .pids = mem_new((size_t)count * sizeof *w->pids)};
    sig_watch(&w->child_signal, SIGCHLD, child_ended);
    for (; w->count < count; w->count++, w->left++) {
        pid_t pid = fork();
        if (pid == 0) {
            become_worker(w, w->count, ends[1]);
            return 0;
        }
        if (pid < 0) break;
        w->pids[w->count] = pid;
    }
    int error = errno;
    close(ends[1]);
    watch_start(call->loop, &w->line_watch, ends[0], LOOP_READ, line_ready);
    if (w->count == count) return 0;
    workers_end(w);
    workers_wait(w);
    return cause_set(cause, STATUS_FAILED, "cannot start worker %d: %s", w->count + 1,
                     lang_error(error));
}
