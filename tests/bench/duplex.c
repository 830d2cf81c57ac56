/*
 * One end of a connection that carries as much as it can both ways at once, without copies of its
 * own: sendfile(2) from memory, recv(2) with MSG_TRUNC.
 *
 *   duplex HOST PORT MIB        connects;  duplex -l HOST PORT MIB  waits for one connection
 *
 * Prints  bytes=  received, and exits 0 when that was MIB.
 */
#include "load.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

static const char help[] = "duplex [-l] HOST PORT MIB";

enum { BLOCK = 1 << 20 };

static int one_client(int listener) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) die("accept");
    return fd;
}

static void send_all(int fd, long mib) {
    int memory = memfd_create("block", 0);
    if (memory < 0 || ftruncate(memory, BLOCK) < 0) die("memfd_create");
    for (; mib > 0; mib--) {
        off_t at = 0;
        while (at < BLOCK)
            if (sendfile(fd, memory, &at, (size_t)(BLOCK - at)) <= 0) die("sendfile");
    }
    shutdown(fd, SHUT_WR);
}

static long long receive_all(int fd) {
    static char nowhere[BLOCK];
    long long total = 0;
    ssize_t n;
    while ((n = recv(fd, nowhere, sizeof nowhere, MSG_TRUNC)) > 0) total += n;
    if (n < 0) die("recv");
    return total;
}

int main(int argc, char **argv) {
    bool listens = argc > 1 && strcmp(argv[1], "-l") == 0;
    argv += listens;
    if (argc - listens != 4) usage(help);
    long mib = (long)number(argv[3], 1 << 20, help);
    int fd =
        listens ? one_client(listen_on(argv[1], argv[2])) : dial(argv[1], argv[2], SOCK_STREAM);
    pid_t sender = fork();
    if (sender == 0) {
        send_all(fd, mib);
        _exit(0);
    }
    long long bytes = receive_all(fd);
    int status;
    waitpid(sender, &status, 0);
    printf("bytes=%lld\n", bytes);
    return status != 0 || bytes != (long long)mib << 20;
}
