#include "common/net/measured.h"

#include <errno.h>

#include "common/base/msg.h"
#include "common/net/sock.h"

#define LEVEL 2 /* -vv */

void measured_note(int fd, const char *name) {
    struct sysinfo_measured m;
    int saved = errno;
    if (msg_level() >= LEVEL && sock_measured(fd, &m))
        msg_note(LEVEL,
                 "%s measured: rtt %.2f ms, rttvar %.2f ms, retransmits %u, cwnd %u, "
                 "unacknowledged %u",
                 name, m.rtt, m.rttvar, m.retransmits, m.cwnd, m.unacknowledged);
    errno = saved;
}
