/*
 * The practical limit: programs that do one thing only, with the best technique this system has.
 *
 *   bare send HOST PORT          stdin to a connection: splice, through a pipe of 1 MiB where stdin
 * is none bare recv HOST PORT          one connection to stdout: splice bare echo HOST PORT every
 * byte back, one read and one write a request, until killed bare chat HOST PORT          every line
 * to everyone: one log, one write a member a turn, until killed bare probe HOST FIRST LAST   which
 * ports are open, by many non-blocking connects bare produce MIB             that much from memory
 * to stdout, as cat would: plain write(2) bare consume                 stdin to nowhere, and never
 * what is waited for: splice; prints bytes=
 */
#include "load.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>

static const char help[] =
    "bare send|recv|echo|chat HOST PORT | bare probe HOST FIRST LAST | bare produce MIB | bare consume";

enum {
    PIPE_SIZE = 1 << 20,
    MOVE_ONCE = 4 << 20,
    LOW_WATER = 2 << 20,
    COPY_SIZE = 128 << 10,
    LOG_SIZE = 64 << 20,
    MOST = 20000
};

static int is_pipe(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* One splice; waits until both ends are ready. */
static size_t move(int from, int to, size_t most) {
    ssize_t n;
    while ((n = splice(from, NULL, to, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK)) < 0) {
        if (errno != EAGAIN) die("splice");
        poll(&(struct pollfd){.fd = from, .events = POLLIN}, 1, -1);
        poll(&(struct pollfd){.fd = to, .events = POLLOUT}, 1, -1);
    }
    return (size_t)n;
}

/* All of FROM to TO, one of which is a socket: straight where the other is a pipe. */
static void move_all(int from, int to) {
    int through[2];
    if (pipe(through) < 0) die("pipe");
    int direct = is_pipe(from) || is_pipe(to);
    fcntl(is_pipe(from) ? from : is_pipe(to) ? to : through[1], F_SETPIPE_SZ, PIPE_SIZE);
    for (size_t n; (n = move(from, direct ? to : through[1], MOVE_ONCE)) > 0;)
        while (!direct && n > 0) n -= move(through[0], to, n);
}

static int bulk_send(const char *host, const char *port) {
    int fd = dial(host, port, SOCK_STREAM);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    move_all(0, fd);
    shutdown(fd, SHUT_WR);
    poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
    return 0;
}

static int bulk_receive(const char *host, const char *port) {
    int listener = listen_on(host, port), fd = accept(listener, NULL, NULL);
    if (fd < 0) die("accept");
    /* wakes us seldom, and widens the window */
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &(int){LOW_WATER}, sizeof(int));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    move_all(fd, 1);
    return 0;
}

static void echo_once(int fd) {
    static char buffer[64 << 10];
    ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0 || send(fd, buffer, (size_t)n, MSG_NOSIGNAL) != n) close(fd);
}

static void accept_all(int epoll, int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

_Noreturn static void echo(const char *host, const char *port) {
    int listener = listen_on(host, port), epoll = epoll_create1(EPOLL_CLOEXEC);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    struct epoll_event events[256] = {{.events = EPOLLIN, .data.fd = listener}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, events);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(epoll, listener);
            else
                echo_once(events[i].data.fd);
        }
    }
}

struct member {
    size_t position; /* in the log */
    char line[600];  /* the beginning of one */
    size_t length;
};

struct room {
    struct member *members[MOST]; /* by descriptor */
    int last;
    char log[LOG_SIZE];
    size_t end;
};

static void chat_line(struct room *room, int fd, const char *text, size_t length) {
    if (room->end + length + 32 > LOG_SIZE) die("the log is full");
    room->end += (size_t)snprintf(room->log + room->end, 32, "(user%d) ", fd);
    memcpy(room->log + room->end, text, length);
    room->end += length;
}

static void chat_take(struct room *room, int fd) {
    static char buffer[64 << 10];
    struct member *m = room->members[fd];
    memcpy(buffer, m->line, m->length);
    ssize_t n = recv(fd, buffer + m->length, sizeof buffer - m->length, MSG_DONTWAIT);
    if (n <= 0) {
        close(fd);
        free(m);
        room->members[fd] = NULL;
        return;
    }
    char *from = buffer, *end = buffer + m->length + (size_t)n;
    for (char *stop; (stop = memchr(from, '\n', (size_t)(end - from))); from = stop + 1)
        chat_line(room, fd, from, (size_t)(stop + 1 - from));
    m->length = (size_t)(end - from);
    if (m->length > sizeof m->line) die("a line is too long");
    memcpy(m->line, from, m->length);
}

/* One write to each that lacks something. Returns whether somebody is still behind. */
static int chat_deliver(struct room *room) {
    int behind = 0;
    for (int fd = 0; fd <= room->last; fd++) {
        struct member *m = room->members[fd];
        if (!m || m->position == room->end) continue;
        ssize_t n =
            send(fd, room->log + m->position, room->end - m->position, MSG_DONTWAIT | MSG_NOSIGNAL);
        m->position += n > 0 ? (size_t)n : 0;
        behind |= m->position < room->end;
    }
    if (!behind) {
        for (int fd = 0; fd <= room->last; fd++)
            if (room->members[fd]) room->members[fd]->position = 0;
        room->end = 0;
    }
    return behind;
}

static void chat_join(struct room *room, int epoll, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || fd >= MOST) die("accept");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    room->members[fd] = alloc(1, sizeof(struct member));
    room->members[fd]->position = room->end;
    room->last = fd > room->last ? fd : room->last;
    if (send(fd, "* hello\n", 8, MSG_NOSIGNAL) != 8) die("send");
}

_Noreturn static void chat(const char *host, const char *port) {
    int listener = listen_on(host, port), epoll = epoll_create1(EPOLL_CLOEXEC), behind = 0;
    struct room *room = alloc(1, sizeof *room);
    struct epoll_event events[MOST / 10] = {{.events = EPOLLIN, .data.fd = listener}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, events);
    for (;;) {
        int n = epoll_wait(epoll, events, MOST / 10, behind ? 1 : -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                chat_join(room, epoll, listener);
            else
                chat_take(room, events[i].data.fd);
        }
        behind = chat_deliver(room);
    }
}

/* A refused socket is used again. On loopback the first connect() already knows: the second one
 * says it. */
static int probe(const char *host, unsigned long first, unsigned long last) {
    char port[8];
    snprintf(port, sizeof port, "%lu", first);
    struct addrinfo *address;
    int fd = socket_for(host, port, SOCK_STREAM, &address);
    in_port_t *to = address->ai_family == AF_INET
                        ? &((struct sockaddr_in *)(void *)address->ai_addr)->sin_port
                        : &((struct sockaddr_in6 *)(void *)address->ai_addr)->sin6_port;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (unsigned long p = first; p <= last; p++) {
        *to = htons((in_port_t)p);
        int error = connect(fd, address->ai_addr, address->ai_addrlen) < 0 ? errno : 0;
        while (error == EINPROGRESS || error == EALREADY) {
            error = connect(fd, address->ai_addr, address->ai_addrlen) < 0 ? errno : 0;
            if (error == EALREADY) poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000);
        }
        if (error == ECONNREFUSED) continue;
        if (error == 0 || error == EISCONN) printf("%lu\n", p);
        close(fd);
        fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    freeaddrinfo(address);
    return 0;
}

static int produce(unsigned long mib) {
    static char buffer[COPY_SIZE];
    memset(buffer, 'x', COPY_SIZE);
    for (size_t left = mib << 20; left > 0;) {
        ssize_t n = write(1, buffer, left < COPY_SIZE ? left : COPY_SIZE);
        if (n <= 0) die("write");
        left -= (size_t)n;
    }
    return 0;
}

static int consume(void) {
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    unsigned long long total = 0;
    for (ssize_t n; (n = splice(0, NULL, null, NULL, PIPE_SIZE, SPLICE_F_MOVE)) > 0;)
        total += (unsigned long long)n;
    printf("bytes=%llu\n", total);
    return 0;
}

int main(int argc, char **argv) {
    const char *task = argc > 1 ? argv[1] : "";
    if (argc == 4 && strcmp(task, "send") == 0) return bulk_send(argv[2], argv[3]);
    if (argc == 4 && strcmp(task, "recv") == 0) return bulk_receive(argv[2], argv[3]);
    if (argc == 4 && strcmp(task, "echo") == 0) echo(argv[2], argv[3]);
    if (argc == 4 && strcmp(task, "chat") == 0) chat(argv[2], argv[3]);
    if (argc == 5 && strcmp(task, "probe") == 0)
        return probe(argv[2], number(argv[3], 65535, help), number(argv[4], 65535, help));
    if (argc == 3 && strcmp(task, "produce") == 0) return produce(number(argv[2], 1 << 20, help));
    if (argc == 2 && strcmp(task, "consume") == 0) return consume();
    usage(help);
}
