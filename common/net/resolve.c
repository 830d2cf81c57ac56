#include "common/net/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/loop/sig.h"
#include "common/net/trace.h"

#define MOST_ADDRESSES 64
#define DESCRIPTORS 4 /* that a look-up has open at the same time: files and sockets */
#define READ_ONCE ((size_t)4096)

/* What the child writes: all before `items`, and `count` of them. */
struct answer {
    int error, system_error; /* of getaddrinfo(3), 0: none; errno where it is EAI_SYSTEM */
    size_t count;
    struct addr items[MOST_ADDRESSES];
};

static size_t size_of(const struct answer *answer) {
    return offsetof(struct answer, items) + answer->count * sizeof answer->items[0];
}

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

static void take_addresses(struct answer *answer, const struct addrinfo *list, uint16_t port) {
    for (const struct addrinfo *i = list; i && answer->count < MOST_ADDRESSES; i = i->ai_next) {
        struct addr *a = &answer->items[answer->count];
        if (i->ai_addrlen > sizeof a->as) continue;
        memcpy(&a->as, i->ai_addr, i->ai_addrlen);
        a->size = i->ai_addrlen;
        addr_set_port(a, port);
        answer->count++;
    }
    if (answer->count == 0) answer->error = EAI_NONAME;
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

/* Closes what the parent had open. */
static void close_inherited(int but) {
    long limit = sysconf(_SC_OPEN_MAX);
    for (int fd = STDERR_FILENO + 1; fd < limit; fd++)
        if (fd != but) close(fd);
}

_Noreturn static void run_child(int fd, const struct net_name *name) {
    static struct answer answer;
    struct addrinfo hints, *list = NULL;
    if (!has_descriptors()) close_inherited(fd);
    memset(&hints, 0, sizeof hints);
    hints.ai_family = name->family;
    hints.ai_socktype = name->type;
    answer.error = getaddrinfo(name->host, NULL, &hints, &list);
    answer.system_error = errno;
    if (!answer.error) {
        take_addresses(&answer, list, name->port);
    } else if (!has_descriptors()) {
        answer.error = EAI_SYSTEM;
        answer.system_error = errno;
    }
    write_all(fd, &answer, size_of(&answer));
    _exit(0);
}

/* --- the end of a look-up --- */

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

static void fail(struct resolve *r, enum status status, const char *why, const char *hint) {
    struct cause failure = {0};
    const char *what = r->name.path ? r->name.path : r->name.host;
    cause_set(&failure, status, "cannot resolve %s: %s%s", what, tr(why), tr(hint));
    finish(r, &failure);
}

/* --- the child's answer --- */

static const char *hint_for(int error, int family) {
    bool unasked = error == EAI_AGAIN; /* also where /etc/hosts has the other family alone */
    if (family == AF_INET)
        return unasked ? " (-4 wants an IPv4 address: is there one, and is the network up?)"
                       : " (-4 wants an IPv4 address)";
    if (family == AF_INET6)
        return unasked ? " (-6 wants an IPv6 address: is there one, and is the network up?)"
                       : " (-6 wants an IPv6 address)";
    return unasked ? " (is the network up?)" : "";
}

/* False where the child ended before it had written all of its answer, or what it wrote is none. */
static bool read_answer(const struct resolve *r, struct answer *out) {
    size_t least = offsetof(struct answer, items);
    if (r->bytes.size < least || r->bytes.size > sizeof *out) return false;
    memcpy(out, buf_at(&r->bytes), r->bytes.size);
    if (out->count > MOST_ADDRESSES || r->bytes.size != size_of(out)) return false;
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].size > sizeof out->items[i].as) return false;
    return out->error || out->count > 0;
}

static void take_answer(struct resolve *r) {
    struct answer answer;
    if (!read_answer(r, &answer)) {
        fail(r, STATUS_UNRESOLVED, "the look-up ended without an answer", "");
        return;
    }
    if (answer.error) {
        const char *why = answer.error == EAI_SYSTEM ? lang_error(answer.system_error)
                                                     : gai_strerror(answer.error);
        fail(r, STATUS_UNRESOLVED, why, hint_for(answer.error, r->name.family));
        return;
    }
    for (size_t i = 0; i < answer.count; i++) addrs_add(&r->addrs, &answer.items[i]);
    finish(r, NULL);
}

static void answer_ready(struct watch *w, unsigned events) {
    struct resolve *r = container_of(w, struct resolve, answer);
    (void)events;
    ssize_t n = read(w->fd, buf_reserve(&r->bytes, READ_ONCE), READ_ONCE);
    if (n > 0)
        buf_grown(&r->bytes, (size_t)n);
    else if (n < 0 && loop_not_yet(errno))
        watch_stalled(w);
    else
        take_answer(r);
}

static void limit_over(struct timer *t) {
    fail(container_of(t, struct resolve, limit), STATUS_TIMEOUT, "timed out", "");
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
    int fd = aside_move(ends[0]);
    if (trace_level) trace_lookup(fd);
    watch_start(r->loop, &r->answer, fd, LOOP_READ, answer_ready);
    return 0;
}

/* --- names that need no look-up --- */

static void take_both_families(struct resolve *r) {
    for (int i = 0; i < 2; i++) {
        struct addr a;
        int family = i == 0 ? AF_INET6 : AF_INET;
        if (r->name.family != AF_UNSPEC && r->name.family != family) continue;
        (r->name.host ? addr_any : addr_loopback)(family, r->name.port, &a);
        addrs_add(&r->addrs, &a);
    }
}

/* Fills in the addresses. False: a look-up is needed. */
static bool is_known(struct resolve *r) {
    struct addr a;
    const struct net_name *n = &r->name;
    if (n->path) {
        if (addr_unix(n->path, &a) == 0) addrs_add(&r->addrs, &a);
        return true;
    }
    if (!n->host || !strcmp(n->host, "*")) {
        take_both_families(r);
        return true;
    }
    if (!addr_numeric(n->host, n->port, &a)) return false;
    if (n->family == AF_UNSPEC || n->family == addr_family(&a)) addrs_add(&r->addrs, &a);
    return true;
}

static void answer_now(struct resolve *r) {
    struct addr a;
    int family = r->name.family;
    if (r->addrs.count > 0)
        finish(r, NULL);
    else if (r->name.path)
        fail(r, STATUS_UNRESOLVED, "not a socket path", "");
    else
        fail(r, STATUS_UNRESOLVED,
             family == AF_INET    ? "not a numeric IPv4 address"
             : family == AF_INET6 ? "not a numeric IPv6 address"
                                  : "not a numeric address",
             addr_numeric(r->name.host, 0, &a) ? "" : " (-n forbids the look-up)");
}

static void cannot_start(struct resolve *r, int error) {
    char why[128];
    snprintf(why, sizeof why, tr("the look-up could not be started: %s"), lang_error(error));
    fail(r, STATUS_UNRESOLVED, why, "");
}

void resolve_start(struct loop *loop, struct resolve *r, const struct net_name *name, int64_t limit,
                   void (*done)(struct resolve *r, const struct cause *failure)) {
    *r = (struct resolve){.loop = loop, .name = *name, .done = done};
    if (is_known(r) || name->numeric)
        answer_now(r);
    else if (start_child(r) < 0)
        cannot_start(r, errno);
    else if (limit != INT64_MAX)
        timer_start(loop, &r->limit, limit, limit_over);
}

/* --- waiting for it --- */

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
