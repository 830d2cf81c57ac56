#include <dirent.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/net/diag.h"
#include "common/net/sysinfo.h"

#define TIME_WAIT 60 /* seconds: the kernel's TCP_TIMEWAIT_LEN */
#define MS 1000      /* in a second */

int sysinfo_time_wait(void) { return TIME_WAIT; }

/* --- the process behind an inode --- */

static bool process_has(const char *pid, const char *link) {
    char path[300], to[64];
    struct dirent *e;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *d = opendir(path);
    while (d && !found && (e = readdir(d))) {
        ssize_t n = readlinkat(dirfd(d), e->d_name, to, sizeof to - 1);
        if (n < 0) continue;
        to[n] = 0;
        found = !strcmp(to, link);
    }
    if (d) closedir(d);
    return found;
}

static bool process_name(const char *pid, char out[SYSINFO_OWNER]) {
    char path[300], name[32] = "?";
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof name, f)) name[strcspn(name, "\n")] = 0;
    if (f) fclose(f);
    for (char *c = name; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    snprintf(out, SYSINFO_OWNER, tr("by %s, pid %.12s"), name, pid);
    return true;
}

static bool inode_owner(uint64_t inode, char out[SYSINFO_OWNER]) {
    char link[64];
    struct dirent *e;
    bool found = false;
    snprintf(link, sizeof link, "socket:[%" PRIu64 "]", inode);
    DIR *d = opendir("/proc");
    while (d && !found && (e = readdir(d)))
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && process_has(e->d_name, link))
            found = process_name(e->d_name, out);
    if (d) closedir(d);
    return found;
}

/* --- the inode behind an address --- */

struct search {
    struct addr wanted;
    uint64_t inode;   /* of the socket that has it; 0: none yet */
    unsigned waiting; /* ms: the longest time for which a connection in TIME_WAIT still has it */
};

/* An IPv6 socket may be for both families. */
static bool holds(const struct addr *held, const struct addr *wanted) {
    if (addr_family(held) == AF_INET && addr_family(wanted) == AF_INET6) return false;
    return addr_is_any(held) || addr_is_any(wanted) || addr_same_host(held, wanted);
}

static void look_at(void *ctx, const struct net_socket *s) {
    struct search *search = ctx;
    if (search->inode || !holds(&s->local, &search->wanted)) return;
    if (s->state != TCP_TIME_WAIT)
        search->inode = s->inode;
    else if (s->left > search->waiting)
        search->waiting = s->left;
}

bool sysinfo_owner(int type, const struct addr *a, char out[SYSINFO_OWNER]) {
    struct search search = {.wanted = *a};
    char path[ADDR_TEXT];
    if (addr_family(a) == AF_INET6) search.wanted.as.v6.sin6_scope_id = 0; /* nothing tells it */
    if (addr_family(a) == AF_UNIX)
        search.inode = proc_net_path(addr_path(a, path));
    else
        diag_each(&(struct net_query){type, addr_port(a), ~0U}, look_at, &search);
    if (search.inode) return inode_owner(search.inode, out);
    if (search.waiting > 0)
        snprintf(
            out, SYSINFO_OWNER,
            tr("in TIME_WAIT for %ld s more of %d: this side ended its last connection first and "
               "waits for what is late; with -O reuseaddr=1, then and now, it binds at once"),
            (long)(search.waiting + MS - 1) / MS, TIME_WAIT);
    return search.waiting > 0;
}
