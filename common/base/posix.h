/* posix: what POSIX.1-2024 has, and libc declares for _GNU_SOURCE alone so far. A build with
 * PORTABLE=1 does not define that, which shows whatever is not POSIX; it includes this header in
 * every file instead (-include). */
#ifndef SOCKKIT_BASE_POSIX_H
#define SOCKKIT_BASE_POSIX_H

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags);
int pipe2(int ends[2], int flags);
int ppoll(struct pollfd fds[], nfds_t count, const struct timespec *restrict limit,
          const sigset_t *restrict mask);
void *memmem(const void *text, size_t size, const void *word, size_t word_size);

#endif
