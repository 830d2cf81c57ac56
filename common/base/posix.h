/* posix: what POSIX.1-2024 has and libc's headers show only to _GNU_SOURCE so far. `make
 * PORTABLE=1` does without that, so that it finds what is not POSIX, and shows this to every file
 * instead (-include). */
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
