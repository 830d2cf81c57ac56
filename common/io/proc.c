#include "common/io/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define GRACE (2 * TEXT_NS_PER_S)
#define TRIES 100 /* of a waitpid(2) that a signal interrupts */
/* What tells that a process group has no members any more: no signal does. */
#define LOOK_EVERY (20 * TEXT_NS_PER_MS)

static int exit_status(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static struct proc *take(struct proc_group *g, pid_t pid) {
    for (struct proc **at = &g->running; *at; at = &(*at)->next)
        if ((*at)->pid == pid) {
            struct proc *p = *at;
            *at = p->next;
            return p;
        }
    return NULL;
}

static pid_t next_ended(int *status) {
    pid_t pid;
    int tries = 0;
    do pid = waitpid(-1, status, WNOHANG);
    while (pid < 0 && errno == EINTR && ++tries < TRIES);
    return pid;
}

static void reap(struct sig_watch *w) {
    struct proc_group *g = container_of(w, struct proc_group, child_signal);
    pid_t pid;
    int status;
    while ((pid = next_ended(&status)) > 0) {
        struct proc *p = take(g, pid);
        if (!p) continue;
        p->pid = 0;
        p->status = exit_status(status);
        p->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        p->ended(p);
    }
    if (g->stopping && !g->running) loop_stop(g->loop);
}

static void seal(int fd) {
    int flags = fcntl(fd, F_GETFD);
    if (fd > STDERR_FILENO && flags >= 0 && !(flags & FD_CLOEXEC))
        fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

static void seal_inherited(void) {
    DIR *d = opendir("/dev/fd");
    struct dirent *e;
    if (!d) {
        for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) seal(fd);
        return;
    }
    while ((e = readdir(d))) seal(atoi(e->d_name));
    closedir(d);
}

void proc_group_start(struct proc_group *g, struct loop *loop) {
    g->loop = loop;
    g->running = NULL;
    g->doomed = NULL;
    g->stopping = false;
    seal_inherited();
    /* Their orphans come to us: under a PID 1 that reaps late, or never, groups would not end. */
    sysinfo_adopt_orphans();
    sig_watch(&g->child_signal, SIGCHLD, reap);
}

/* --- in the child --- */

static int set_endpoint(const char *ip_name, const char *port_name, const struct addr *a) {
    char host[ADDR_TEXT], port[8];
    snprintf(port, sizeof port, "%u", (unsigned)addr_port(a));
    if (setenv(ip_name, addr_host_text(a, host), 1) < 0) return -1;
    return setenv(port_name, port, 1);
}

/* The UCSPI names, and none of those that were meant for this process. */
static int set_environment(const struct addr *local, const struct addr *peer) {
    static const char *const names[] = {"TCPREMOTEIP", "TCPREMOTEPORT", "TCPLOCALIP",
                                        "TCPLOCALPORT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unsetenv(names[i]);
    if (addr_family(local) == AF_UNIX) return setenv("PROTO", "UNIX", 1);
    if (setenv("PROTO", "TCP", 1) < 0) return -1;
    if (set_endpoint(names[0], names[1], peer) < 0) return -1;
    return set_endpoint(names[2], names[3], local);
}

/* dup2(2) may be interrupted where a device takes long to close. */
static int become(int fd, int number) {
    int result;
    do result = dup2(fd, number);
    while (result < 0 && errno == EINTR);
    return result;
}

/* What has to be so before the command runs; -1 with errno. Without it the command might write to
 * the wrong place, or outlive its connection. */
static int prepare_child(const struct proc_socket *socket) {
    if (setpgid(0, 0) < 0 || sock_set_blocking(socket->fd, true) < 0) return -1;
    if (become(socket->fd, STDIN_FILENO) < 0 || become(socket->fd, STDOUT_FILENO) < 0) return -1;
    return set_environment(&socket->local, &socket->peer);
}

_Noreturn static void run_child(const char *command, const struct proc_socket *socket) {
    int status = STATUS_FAILED;
    if (prepare_child(socket) == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        status = errno == ENOENT ? 127 : 126; /* as shells have it */
    }
    msg_error("cannot run '%s': %s", command, lang_error(errno));
    _exit(status);
}

/* --- in the parent --- */

int proc_spawn(struct proc_group *g, struct proc *p, const char *command,
               const struct proc_socket *socket, struct cause *cause) {
    struct proc_socket known = *socket;
    bool whole = known.local.size > 0 || sock_local(known.fd, &known.local) == 0;
    pid_t pid = whole ? sig_fork() : -1;
    if (pid < 0)
        return cause_set(cause, STATUS_FAILED, "cannot run '%s': %s", command, lang_error(errno));
    if (pid == 0) run_child(command, &known);
    (void)setpgid(pid, pid); /* the child does so itself: whoever comes first */
    *p = (struct proc){.pid = pid, .ended = p->ended, .next = g->running};
    g->running = p;
    return 0;
}

/* A process group that is killed at the end of its grace; it may outlive its command. */
struct doomed {
    struct timer grace;
    pid_t pid;
    struct doomed *next, **before;
};

static void kill_doomed(struct timer *t) {
    struct doomed *d = container_of(t, struct doomed, grace);
    timer_stop(t);
    kill(-d->pid, SIGKILL);
    *d->before = d->next;
    if (d->next) d->next->before = d->before;
    free(d);
}

void proc_hang_up(struct proc_group *g, struct proc *p) {
    if (p->pid <= 0 || p->hung_up) return;
    struct doomed *d = mem_new(sizeof *d);
    *d = (struct doomed){.pid = p->pid, .next = g->doomed, .before = &g->doomed};
    if (d->next) d->next->before = &d->next;
    g->doomed = d;
    p->hung_up = true;
    kill(-p->pid, SIGHUP);
    timer_start(g->loop, &d->grace, GRACE, kill_doomed);
}

void proc_note_end(const struct proc *p, const char *peer) {
    if (p->signal)
        msg_note(1, "%s command ended by signal %d (%s)", peer, p->signal,
                 tr(strsignal(p->signal)));
    else
        msg_note(1, "%s command ended with status %d", peer, p->status);
}

/* The end: a command's process group may outlive the command. */
struct stopping {
    struct timer look;
    struct proc_group *group;
    pid_t *pids; /* of the process groups that have members */
    size_t count;
    int64_t until; /* when those that are left are killed */
};

static bool groups_left(struct stopping *s) {
    size_t left = 0;
    for (size_t i = 0; i < s->count; i++)
        if (kill(-s->pids[i], 0) == 0) s->pids[left++] = s->pids[i];
    s->count = left;
    return left > 0;
}

static void look(struct timer *t) {
    struct stopping *s = container_of(t, struct stopping, look);
    reap(&s->group->child_signal); /* also where no signal tells */
    if (loop_now(s->group->loop) < s->until) {
        timer_start(s->group->loop, t, LOOK_EVERY, look);
    } else {
        for (size_t i = 0; i < s->count; i++) kill(-s->pids[i], SIGKILL);
        s->count = 0;
    }
    loop_stop(s->group->loop);
}

void proc_group_stop(struct proc_group *g) {
    struct stopping s = {.group = g, .until = loop_now(g->loop) + GRACE};
    for (const struct proc *p = g->running; p; p = p->next) {
        s.pids = mem_resize(s.pids, s.count + 1, sizeof *s.pids);
        s.pids[s.count++] = p->pid;
        kill(-p->pid, SIGTERM);
    }
    timer_start(g->loop, &s.look, LOOK_EVERY, look);
    g->stopping = true;
    if (s.count > 0)
        msg_note(1,
                 trn("waiting for %zu command to end", "waiting for %zu commands to end", s.count),
                 s.count);
    while (g->running || groups_left(&s)) loop_run(g->loop);
    timer_stop(&s.look);
    free(s.pids);
    while (g->doomed) kill_doomed(&g->doomed->grace);
    sig_unwatch(&g->child_signal);
}
