#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/net/proc_net.h"

/* An address as the tables have it: 32-bit words in host order. */
static bool read_address(const char *text, unsigned port, struct addr *out) {
    size_t count = strlen(text) / 8;
    uint32_t words[4] = {0};
    if (count != 1 && count != 4) return false;
    for (size_t i = 0; i < count; i++)
        if (sscanf(text + 8 * i, "%8" SCNx32, &words[i]) != 1) return false;
    addr_any(count == 1 ? AF_INET : AF_INET6, (uint16_t)port, out);
    if (count == 1)
        memcpy(&out->as.v4.sin_addr, words, sizeof words[0]);
    else
        memcpy(&out->as.v6.sin6_addr, words, sizeof words);
    return true;
}

static bool read_row(const char *line, struct net_socket *out) {
    char address[40];
    unsigned port, peer;
    unsigned long ticks;
    if (sscanf(line, " %*d: %39[0-9A-F]:%x %*[0-9A-F]:%x %x %*s %*x:%lx %*s %*u %*u %" SCNu64,
               address, &port, &peer, &out->state, &ticks, &out->inode) != 6)
        return false;
    out->connected = peer != 0;
    out->left = (unsigned)(ticks * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
    return read_address(address, port, &out->local);
}

void proc_net_each(const struct net_query *q, int family,
                   void (*show)(void *ctx, const struct net_socket *s), void *ctx) {
    char line[512];
    struct net_socket s;
    snprintf(line, sizeof line, "/proc/net/%s%s", q->type == SOCK_STREAM ? "tcp" : "udp",
             family == AF_INET ? "" : "6");
    FILE *f = fopen(line, "re");
    while (f && fgets(line, sizeof line, f))
        if (read_row(line, &s) && addr_port(&s.local) == q->port && (q->states & 1U << s.state))
            show(ctx, &s);
    if (f) fclose(f);
}

uint64_t proc_net_path(const char *path) {
    char line[512];
    uint64_t inode, found = 0;
    int at;
    FILE *f = fopen("/proc/net/unix", "re");
    if (!f) return 0;
    while (!found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        at = 0;
        if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %" SCNu64 " %n", &inode, &at) == 1 && at &&
            !strcmp(line + at, path))
            found = inode;
    }
    fclose(f);
    return found;
}
