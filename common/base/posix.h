/* posix: what POSIX.1-2024 has, and libc does not declare, or not everywhere. A build with
 * PORTABLE=1 shows whatever is not POSIX; it includes this header in every file (-include). */
#ifndef SOCKKIT_BASE_POSIX_H
#define SOCKKIT_BASE_POSIX_H

#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags);
int getentropy(void *bytes, size_t size);
int pipe2(int ends[2], int flags);
void *memmem(const void *text, size_t size, const void *word, size_t word_size);

/* macOS has no flags of socket(2) either: posix_darwin.c sets them behind each call. */
int posix_socket(int family, int type, int protocol);
int posix_socketpair(int family, int type, int protocol, int ends[2]);

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0x10000000
#define SOCK_NONBLOCK 0x20000000
#define socket(family, type, protocol) posix_socket(family, type, protocol)
#define socketpair(family, type, protocol, ends) posix_socketpair(family, type, protocol, ends)
#endif

/* SIGPIPE is ignored (sig.h); this flag spares its delivery where a system knows it. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#endif
