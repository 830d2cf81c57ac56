/* What macOS lacks is made of older calls; here they are tried under other names. */
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define accept4 older_accept4
#define pipe2 older_pipe2
#include "common/base/posix.h"
#include "common/base/posix_darwin.c"
#include "unit.h"

static bool on_exec(int fd) { return fcntl(fd, F_GETFD) == FD_CLOEXEC; }

static bool nonblocking(int fd) { return fcntl(fd, F_GETFL) & O_NONBLOCK; }

static void pipes(void) {
    int ends[2];
    CHECK(older_pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    CHECK(on_exec(ends[0]) && on_exec(ends[1]) && nonblocking(ends[0]) && nonblocking(ends[1]));
    CHECK(write(ends[1], "x", 1) == 1);
    close(ends[0]);
    close(ends[1]);
    CHECK(older_pipe2(ends, 0) == 0);
    CHECK(!on_exec(ends[0]) && !on_exec(ends[1]) && !nonblocking(ends[0]));
    close(ends[0]);
    close(ends[1]);
}

static void sockets(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int ends[2], listener = posix_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(on_exec(listener) && !nonblocking(listener));
    CHECK(bind(listener, (struct sockaddr *)&a, size) == 0 && listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&a, &size) == 0);
    int client = posix_socket(AF_INET, SOCK_STREAM, 0);
    CHECK(!on_exec(client) && connect(client, (struct sockaddr *)&a, size) == 0);
    int served = older_accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    CHECK(on_exec(served) && nonblocking(served));
    CHECK(older_accept4(-1, NULL, NULL, SOCK_CLOEXEC) == -1 && errno == EBADF);
    CHECK(posix_socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK(on_exec(ends[0]) && on_exec(ends[1]) && !nonblocking(ends[0]));
    const int all[] = {listener, client, served, ends[0], ends[1]};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) close(all[i]);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a pipe has the flags that were asked for, and no others", pipes},
        {"so have sockets, pairs of them, and those that are accepted", sockets},
    };
    return UNIT_RUN(tests);
}
