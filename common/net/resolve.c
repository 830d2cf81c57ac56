#include "common/net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/loop/sig.h"

/* The child's answer: the error of getaddrinfo, errno of EAI_SYSTEM, then so many struct addr. */
struct answer {
    int error, system_error;
};

#define MOST_ADDRESSES 64
#define DESCRIPTORS 4 /* that a look-up has open at the same time: files and sockets */

/* --- the child --- */

static void write_all(int fd, const void *bytes, size_t n) {
    const char *at = bytes;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return;
        at += done;
        n -= (size_t)done;
    }
}

static void write_addresses(int fd, const struct addrinfo *list, uint16_t port) {
    size_t count = 0;
    for (const struct addrinfo *i = list; i && count < MOST_ADDRESSES; i = i->ai_next, count++) {
        struct addr a;
        memset(&a, 0, sizeof a);
        if (i->ai_addrlen > sizeof a.as) continue;
        memcpy(&a.as, i->ai_addr, i->ai_addrlen);
        a.size = i->ai_addrlen;
        addr_set_port(&a, port);
        write_all(fd, &a, sizeof a);
    }
}

/* getaddrinfo(3) takes a file that it cannot open for one that is not there, and would say that
 * there is no such name. False, with errno, when it may lack descriptors. */
static bool has_descriptors(void) {
    int fds[DESCRIPTORS], count = 0;
    while (count < DESCRIPTORS && (fds[count] = dup(STDERR_FILENO)) >= 0) count++;
    bool enough = count == DESCRIPTORS;
    while (count > 0) close(fds[--count]);
    return enough;
}

/* Those that the parent had open are no use here. */
static void close_inherited(int but) {
    long limit = sysconf(_SC_OPEN_MAX);
    for (int fd = STDERR_FILENO + 1; fd < limit; fd++)
        if (fd != but) close(fd);
}

_Noreturn static void run_child(int fd, const struct net_name *name) {
    struct addrinfo hints, *list = NULL;
    if (!has_descriptors()) close_inherited(fd);
    memset(&hints, 0, sizeof hints);
    hints.ai_family = name->family;
    hints.ai_socktype = name->type;
    struct answer answer = {.error = getaddrinfo(name->host, NULL, &hints, &list)};
    answer.system_error = errno;
    if (answer.error && !has_descriptors())
        answer = (struct answer){.error = EAI_SYSTEM, .system_error = errno};
    write_all(fd, &answer, sizeof answer);
    if (!answer.error) write_addresses(fd, list, name->port);
    _exit(0);
}

/* --- the parent --- */

void resolve_stop(struct resolve *r) {
    if (r->child > 0) {
        int fd = r->answer.fd;
        watch_stop(&r->answer);
        close(fd);
        kill(r->child, SIGKILL);
        while (waitpid(r->child, NULL, 0) < 0 && errno == EINTR) continue;
    }
    r->child = 0;
    timer_stop(&r->limit);
    buf_free(&r->bytes);
}

static void finish(struct resolve *r, const struct cause *failure) {
    resolve_stop(r);
    r->done(r, failure);
}

static const char *hint(int error, int family) {
    if (error == EAI_AGAIN) return " (is the network up?)";
    return family == AF_INET    ? " (-4 wants an IPv4 address)"
           : family == AF_INET6 ? " (-6 wants an IPv6 address)"
                                : "";
}

static void read_answer(struct resolve *r) {
    struct cause failure;
    struct answer answer = {.error = EAI_FAIL};
    if (r->bytes.size >= sizeof answer) memcpy(&answer, buf_at(&r->bytes), sizeof answer);
    if (answer.error) {
        cause_set(&failure, STATUS_UNRESOLVED, "cannot resolve %s: %s%s", r->name.host,
                  answer.error == EAI_SYSTEM ? strerror(answer.system_error)
                                             : gai_strerror(answer.error),
                  hint(answer.error, r->name.family));
        finish(r, &failure);
        return;
    }
    for (size_t at = sizeof answer; at + sizeof(struct addr) <= r->bytes.size;
         at += sizeof(struct addr)) {
        struct addr a;
        memcpy(&a, buf_at(&r->bytes) + at, sizeof a);
        addrs_add(&r->addrs, &a);
    }
    finish(r, NULL);
}

static void answer_ready(struct watch *w, unsigned events) {
    struct resolve *r = container_of(w, struct resolve, answer);
    char *room = buf_reserve(&r->bytes, 4096);
    (void)events;
    ssize_t n = read(w->fd, room, 4096);
    if (n < 0 && loop_not_yet(errno)) {
        watch_stalled(w);
        return;
    }
    if (n > 0)
        buf_grown(&r->bytes, (size_t)n);
    else
        read_answer(r);
}

static void limit_over(struct timer *t) {
    struct resolve *r = container_of(t, struct resolve, limit);
    struct cause failure;
    cause_set(&failure, STATUS_TIMEOUT, "cannot resolve %s: timed out", r->name.host);
    finish(r, &failure);
}

static int start_child(struct resolve *r) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    r->child = sig_fork();
    if (r->child == 0) run_child(ends[1], &r->name);
    close(ends[1]);
    if (r->child < 0) {
        close(ends[0]);
        return -1;
    }
    watch_start(r->loop, &r->answer, ends[0], LOOP_READ, answer_ready);
    return 0;
}

/* Addresses that need no look-up. False: a look-up is needed. */
static bool known(struct resolve *r) {
    struct addr a;
    const struct net_name *n = &r->name;
    if (n->path) {
        if (addr_unix(n->path, &a) == 0) addrs_add(&r->addrs, &a);
        return true;
    }
    if (!n->host || !strcmp(n->host, "*")) {
        for (int i = 0; i < 2; i++) {
            int family = i == 0 ? AF_INET6 : AF_INET;
            if (n->family != AF_UNSPEC && n->family != family) continue;
            (n->host ? addr_any : addr_loopback)(family, n->port, &a);
            addrs_add(&r->addrs, &a);
        }
        return true;
    }
    if (!addr_numeric(n->host, n->port, &a)) return false;
    if (n->family == AF_UNSPEC || n->family == addr_family(&a)) addrs_add(&r->addrs, &a);
    return true;
}

static void answer_now(struct resolve *r) {
    struct cause failure;
    const struct net_name *n = &r->name;
    const char *family = n->family == AF_INET ? "IPv4 " : n->family == AF_INET6 ? "IPv6 " : "";
    struct addr a;
    if (r->addrs.count > 0) {
        finish(r, NULL);
        return;
    }
    bool numeric = addr_numeric(n->host, 0, &a);
    cause_set(&failure, STATUS_UNRESOLVED, "cannot resolve %s: not a numeric %saddress%s", n->host,
              family, numeric ? "" : " (-n forbids the look-up)");
    finish(r, &failure);
}

static void cannot_start(struct resolve *r) {
    struct cause failure;
    cause_set(&failure, STATUS_UNRESOLVED,
              "cannot resolve %s: the look-up could not be started: %s", r->name.host,
              strerror(errno));
    finish(r, &failure);
}

void resolve_start(struct loop *loop, struct resolve *r, const struct net_name *name, int64_t limit,
                   void (*done)(struct resolve *r, const struct cause *failure)) {
    *r = (struct resolve){.loop = loop, .name = *name, .done = done};
    if (known(r) || name->numeric)
        answer_now(r);
    else if (start_child(r) < 0)
        cannot_start(r);
    else if (limit != INT64_MAX)
        timer_start(loop, &r->limit, limit, limit_over);
}

struct waiting {
    struct resolve resolve;
    struct cause *cause;
    bool over, running;
};

static void wait_over(struct resolve *r, const struct cause *failure) {
    struct waiting *w = container_of(r, struct waiting, resolve);
    w->over = true;
    if (failure) *w->cause = *failure;
    if (w->running) loop_stop(r->loop);
}

int resolve_wait(struct loop *loop, const struct net_name *name, int64_t limit, struct addrs *addrs,
                 struct cause *cause) {
    struct waiting w = {.cause = cause};
    *cause = (struct cause){0};
    resolve_start(loop, &w.resolve, name, limit, wait_over);
    w.running = !w.over;
    if (w.running) loop_run(loop);
    if (!w.over) resolve_stop(&w.resolve);
    *addrs = w.resolve.addrs;
    return w.over && !cause->text[0] ? 0 : -1;
}
