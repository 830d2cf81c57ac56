#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/net/sysinfo.h"

/* Offsets in the kernel's struct tcp_info, of which libc declares a part. The kernel only
 * appends. */
#define INFO_STATE 0
#define INFO_UNACKED 24
#define INFO_SACKED 28
#define INFO_BYTES_RECEIVED 128
#define INFO_NOT_SENT 144
#define INFO_BYTES_SENT 200
#define INFO_BYTES_SENT_AGAIN 208
#define INFO_SIZE 216

static size_t tcp_info(int fd, unsigned char info[INFO_SIZE]) {
    socklen_t size = INFO_SIZE;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0 ? size : 0;
}

enum sysinfo_state sysinfo_tcp_state(int fd) {
    unsigned char info[INFO_SIZE];
    if (!tcp_info(fd, info)) return SYSINFO_UNKNOWN;
    switch (info[INFO_STATE]) {
    case TCP_ESTABLISHED:
        return SYSINFO_ESTABLISHED;
    case TCP_CLOSE_WAIT:
    case TCP_LAST_ACK:
        return SYSINFO_PEER_ENDED;
    case TCP_FIN_WAIT1:
    case TCP_FIN_WAIT2:
    case TCP_CLOSING:
        return SYSINFO_WE_ENDED;
    case TCP_CLOSE:
        return SYSINFO_CLOSED;
    case TCP_LISTEN:
        return SYSINFO_LISTEN;
    default:
        return SYSINFO_UNKNOWN;
    }
}

/* Of a socket that listens the kernel puts the queue in fields that are about segments elsewhere.
 */
bool sysinfo_queue(int fd, struct sysinfo_queue *out) {
    unsigned char info[INFO_SIZE];
    if (!tcp_info(fd, info) || info[INFO_STATE] != TCP_LISTEN) return false;
    memcpy(&out->waiting, info + INFO_UNACKED, sizeof out->waiting);
    memcpy(&out->most, info + INFO_SACKED, sizeof out->most);
    return true;
}

int64_t sysinfo_unacknowledged(int fd, bool ended) {
    int queued;
    if (ioctl(fd, TIOCOUTQ, &queued) < 0) return -1;
    /* The FIN has a sequence number of its own, behind all data. */
    return queued > 0 && ended ? queued - 1 : queued;
}

bool sysinfo_counts(int fd, uint64_t *received, uint64_t *sent) {
    unsigned char info[INFO_SIZE];
    uint64_t again;
    uint32_t waiting;
    int unread = 0;
    if (ioctl(fd, FIONREAD, &unread) < 0 || tcp_info(fd, info) < INFO_SIZE) return false;
    memcpy(received, info + INFO_BYTES_RECEIVED, sizeof *received);
    memcpy(sent, info + INFO_BYTES_SENT, sizeof *sent);
    memcpy(&again, info + INFO_BYTES_SENT_AGAIN, sizeof again);
    memcpy(&waiting, info + INFO_NOT_SENT, sizeof waiting);
    bool fin = info[INFO_STATE] == TCP_CLOSE_WAIT || info[INFO_STATE] == TCP_LAST_ACK ||
               info[INFO_STATE] == TCP_CLOSING;
    *received -= (uint64_t)unread + fin; /* a FIN is counted as a byte */
    *sent += waiting - again;
    return true;
}

#define US_PER_MS 1000.0

bool sysinfo_measured(int fd, struct sysinfo_measured *out) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return false;
    *out = (struct sysinfo_measured){.rtt = info.tcpi_rtt / US_PER_MS,
                                     .rttvar = info.tcpi_rttvar / US_PER_MS,
                                     .retransmits = info.tcpi_total_retrans,
                                     .cwnd = info.tcpi_snd_cwnd,
                                     .unacknowledged = info.tcpi_unacked};
    return true;
}
