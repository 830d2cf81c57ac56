#include "common/net/sysinfo.h"

bool sysinfo_owner(int type, const struct addr *a, char out[SYSINFO_OWNER]) {
    (void)type, (void)a, (void)out;
    return false;
}

enum sysinfo_state sysinfo_tcp_state(int fd) {
    (void)fd;
    return SYSINFO_UNKNOWN;
}

bool sysinfo_queue(int fd, struct sysinfo_queue *out) {
    (void)fd, (void)out;
    return false;
}

int sysinfo_time_wait(void) { return 0; }

int64_t sysinfo_unacknowledged(int fd, bool ended) {
    (void)fd, (void)ended;
    return -1;
}

bool sysinfo_counts(int fd, uint64_t *received, uint64_t *sent) {
    (void)fd, (void)received, (void)sent;
    return false;
}

bool sysinfo_measured(int fd, struct sysinfo_measured *out) {
    (void)fd, (void)out;
    return false;
}

pid_t sysinfo_peer_pid(int fd) {
    (void)fd;
    return 0;
}

void sysinfo_receivers(int type, uint16_t port, struct addrs *out) {
    (void)type, (void)port, (void)out;
}

unsigned sysinfo_full_queue(const struct addr *to) {
    (void)to;
    return 0;
}

void sysinfo_addresses(struct addrs *out) { (void)out; }

void sysinfo_adopt_orphans(void) {}

bool sysinfo_abandoned(const struct addr *local, const struct addr *peer) {
    (void)local, (void)peer;
    return false;
}

void sysinfo_prepare(void) {}
