/* stdout and its one owner: a reader that is slow, one that has gone, a disk that is full. */
#include "common/io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "common/base/msg.h"
#include "looping.h"

static struct output out;
static int ends[2]; /* of a pipe: the reader's, and stdout's */
static unsigned changes;
static bool reentered; /* the owner was told of a failure from within a call */
static bool calling;

static void changed(void *owner) {
    struct output *o = owner;
    changes++;
    if (o->status && calling) reentered = true;
    if (o->status) loop_stop(loop);
}

static void start(int fd) {
    output_start(&out, loop, fd);
    out.changed = changed;
    out.owner = &out;
    changes = 0;
    reentered = false;
}

static void start_on_pipe(void) {
    CHECK(pipe(ends) == 0);
    start(ends[1]);
}

static void put(const char *bytes, size_t n) {
    calling = true;
    output_put(&out, NULL, bytes, n);
    calling = false;
}

static void close_pipe(void) {
    close(ends[0]);
    close(ends[1]);
}

/* What the pipe has now. */
static size_t take(char *bytes, size_t most) {
    size_t size = 0;
    ssize_t n;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (size < most && (n = read(ends[0], bytes + size, most - size)) > 0) size += (size_t)n;
    return size;
}

/* More than any pipe holds. */
static char large[1 << 21];

static void bytes_pass(void) {
    char got[16] = "";
    start_on_pipe();
    put("Bon", 3);
    put("jour", 4);
    CHECK(take(got, sizeof got - 1) == 7);
    CHECK_TEXT(got, "Bonjour");
    CHECK(!out.full && changes == 0 && output_drain(&out) && output_stop(&out) == 0);
    close_pipe();
}

static void text_leaves_at_the_end_of_the_turn(void) {
    char got[16] = "";
    start_on_pipe();
    buf_format(&out.text, "a\n");
    output_flush_later(&out);
    buf_format(&out.text, "b\n");
    CHECK(take(got, sizeof got) == 0);
    run_turn();
    CHECK(take(got, sizeof got - 1) == 4 && out.text.size == 0);
    CHECK_TEXT(got, "a\nb\n");
    CHECK(output_stop(&out) == 0);
    close_pipe();
}

static size_t taken, wrong;

static void reader_ready(struct watch *w, unsigned events) {
    static char bytes[65536];
    ssize_t n = read(w->fd, bytes, sizeof bytes);
    (void)events;
    for (ssize_t i = 0; i < n; i++, taken++) wrong += bytes[i] != large[taken];
}

static void slow_reader_gets_all(void) {
    struct watch reader = {0};
    for (size_t i = 0; i < sizeof large; i++) large[i] = (char)(i % 251);
    taken = wrong = 0;
    start_on_pipe();
    put(large, sizeof large);
    CHECK(out.full && changes == 1);
    run_turn();
    CHECK(out.full && changes == 1 && !out.status);
    watch_start(loop, &reader, ends[0], LOOP_READ, reader_ready);
    while (!output_drain(&out)) continue;
    CHECK(!out.full && changes == 2);
    while (taken < sizeof large) run_turn();
    CHECK(wrong == 0);
    watch_stop(&reader);
    CHECK(output_stop(&out) == 0);
    close_pipe();
}

static void drain_ends_when_somebody_stops_the_loop(void) {
    struct timer end = {0};
    start_on_pipe();
    put(large, sizeof large);
    timer_start(loop, &end, MS, stop_run);
    CHECK(!output_drain(&out) && out.full);
    CHECK(output_stop(&out) == 0);
    close_pipe();
}

static void reader_that_has_gone_while_idle(void) {
    start_on_pipe();
    run_turn();
    CHECK(changes == 0);
    close(ends[0]);
    loop_run(loop); /* nothing is written */
    CHECK(out.status == STATUS_SIGPIPE && changes == 1);
    put("x", 1);
    CHECK(!out.full && output_drain(&out) && output_stop(&out) == STATUS_SIGPIPE);
    close(ends[1]);
}

static void reader_that_has_gone_while_full(void) {
    start_on_pipe();
    put(large, sizeof large);
    close(ends[0]);
    loop_run(loop);
    CHECK(out.status == STATUS_SIGPIPE && output_drain(&out));
    CHECK(output_stop(&out) == STATUS_SIGPIPE);
    close(ends[1]);
}

static void failed_write_is_told_from_the_loop(void) {
    start_on_pipe();
    close(ends[0]);
    put("x", 1);
    CHECK(out.status == STATUS_SIGPIPE && changes == 0 && !reentered);
    loop_run(loop);
    CHECK(changes == 1 && !reentered && output_stop(&out) == STATUS_SIGPIPE);
    close(ends[1]);
}

static void socket_whose_peer_has_gone(void) {
    make_pair(ends);
    start(ends[1]);
    shutdown(ends[0], SHUT_WR); /* may still read */
    run_turn();
    CHECK(!out.status);
    close(ends[0]);
    loop_run(loop);
    CHECK(output_stop(&out) == STATUS_SIGPIPE);
    close(ends[1]);
}

static void nothing_to_write_is_nobody_to_miss(void) {
    start(-1);
    CHECK(!out.watch.loop); /* no event of it is waited for */
    run_turn();
    put("", 0);
    CHECK(output_drain(&out) && changes == 0 && output_stop(&out) == 0);
    CHECK(output_stop(&(struct output){.full = false}) == 0);
}

/* What goes to stderr meanwhile, in `said`. */
static char said[256];

static void listen_to(void *ctx, const char *line, size_t size) {
    (void)ctx;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%.*s", (int)size, line);
}

static void full_disk_is_told_once(void) {
    int fd = open("/dev/full", O_WRONLY);
    said[0] = '\0';
    msg_divert(listen_to, NULL);
    start(fd);
    put("x", 1);
    put("x", 1);
    loop_run(loop);
    CHECK(output_stop(&out) == STATUS_FAILED);
    msg_divert(NULL, NULL);
    CHECK_TEXT(said, "sockkit: cannot write to stdout: No space left on device\n");
    close(fd);
}

static void say_again(void *ctx, const char *line, size_t size) {
    output_draw(ctx, line, size);
    listen_to(NULL, line, size);
}

static void words_on_a_stdout_that_fails_end(void) {
    int fd = open("/dev/full", O_WRONLY);
    said[0] = '\0';
    start(fd);
    msg_divert(say_again, &out);
    put("x", 1);
    msg_divert(NULL, NULL);
    CHECK(output_stop(&out) == STATUS_FAILED);
    CHECK_TEXT(said, "sockkit: cannot write to stdout: No space left on device\n");
    close(fd);
}

static void copy_that_fails(void) {
    char got[16] = "";
    struct output_origin from = {.place.peer = NULL};
    said[0] = '\0';
    msg_divert(listen_to, NULL);
    start_on_pipe();
    CHECK(output_copies(&out, "/dev/full", NULL) == 0 && output_copying(&out));
    output_put(&out, &from, "x", 1);
    output_put(&out, &from, "y", 1);
    CHECK(out.status == STATUS_FAILED && changes == 0);
    loop_run(loop);
    CHECK(changes == 1 && take(got, sizeof got - 1) == 2);
    CHECK(output_stop(&out) == STATUS_FAILED);
    msg_divert(NULL, NULL);
    CHECK_TEXT(said, "sockkit: cannot write /dev/full: No space left on device\n");
    close_pipe();
}

static void closed_before_its_owner_ends(void) {
    char byte;
    start_on_pipe();
    output_close(&out);
    CHECK(read(ends[0], &byte, 1) == 0);
    output_close(&out);
    run_turn();
    CHECK(changes == 0 && output_stop(&out) == 0);
    CHECK(close(ends[1]) < 0 && errno == EBADF);
    close(ends[0]);
}

static void pull_until_full(void) {
    char got[16] = "";
    struct output_origin from = {.place.peer = NULL};
    int fds[2];
    size_t moved;
    make_pair(fds);
    start_on_pipe();
    CHECK(output_pull(&out, &from, fds[0], &moved) == SINK_DRY && moved == 0);
    CHECK(write(fds[1], "pages", 5) == 5);
    CHECK(output_pull(&out, &from, fds[0], &moved) == SINK_MOVED && moved == 5);
    CHECK(take(got, sizeof got - 1) == 5);
    CHECK_TEXT(got, "pages");
    close(fds[1]);
    CHECK(output_pull(&out, &from, fds[0], &moved) == SINK_END);
    CHECK(output_stop(&out) == 0);
    close(fds[0]);
    close_pipe();
}

int main(void) {
    static const struct unit_test tests[] = {
        {"bytes pass, in order", bytes_pass},
        {"text is written once, at the end of the turn", text_leaves_at_the_end_of_the_turn},
        {"a slow reader gets all, and the owner is told twice", slow_reader_gets_all},
        {"draining ends when somebody else stops the loop",
         drain_ends_when_somebody_stops_the_loop},
        {"a reader that has gone is noticed while idle", reader_that_has_gone_while_idle},
        {"a reader that has gone is noticed while full", reader_that_has_gone_while_full},
        {"a failed write is told from the loop", failed_write_is_told_from_the_loop},
        {"a socket's peer has gone when it hangs up", socket_whose_peer_has_gone},
        {"where nothing is written nobody is missed", nothing_to_write_is_nobody_to_miss},
        {"a full disk is told once", full_disk_is_told_once},
        {"words shown on a stdout that fails end there", words_on_a_stdout_that_fails_end},
        {"a copy that fails is told, and stdout goes on", copy_that_fails},
        {"a reader sees the end before the owner ends", closed_before_its_owner_ends},
        {"what a socket has is pulled, until its end", pull_until_full},
    };
    signal(SIGPIPE, SIG_IGN);
    loop = loop_new();
    int status = UNIT_RUN(tests);
    loop_free(loop);
    return status;
}
