/* Datagrams to Unix peers that do not read, for a while or at all (unix(7): a queue is full with
 * max_dgram_qlen, 10 in most systems, and one). */
#include "common/serve/outbox.h"

#include <errno.h>
#include <stdlib.h>

#include "looping.h"

static struct outbox outbox;
static struct dgram_socket from;
static size_t sent, lost, drained;
static int lost_error;

static void on_sent(struct outbox *o, const struct dgram *d) {
    (void)o, (void)d;
    sent++;
}

static void on_lost(struct outbox *o, const struct dgram *d, size_t count, int error) {
    (void)o, (void)d;
    lost += count;
    lost_error = error;
}

static void on_drained(struct outbox *o) {
    drained++;
    loop_stop(o->loop);
}

struct reader {
    struct addr name;
    int fd;
};

static char folder[] = "/tmp/outbox-XXXXXX";

static int open_at(const char *name, struct addr *a) {
    char path[64];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(addr_unix(path, a) == 0 && bind(fd, &a->as.any, a->size) == 0);
    return fd;
}

static struct reader open_reader(const char *name) {
    struct reader r;
    r.fd = open_at(name, &r.name);
    return r;
}

static void close_reader(struct reader *r) {
    close(r->fd);
    unlink(r->name.as.un.sun_path);
}

static struct addr sender;

static void begin(void) {
    loop = loop_new();
    sent = lost = drained = 0;
    CHECK(mkdtemp(folder) != NULL);
    outbox = (struct outbox){.loop = loop,
                             .batch = dgram_batch_new(),
                             .sent = on_sent,
                             .lost = on_lost,
                             .drained = on_drained};
    dgram_prepare(&from, open_at("sender", &sender), &sender);
}

static void end(void) {
    outbox_free(&outbox);
    dgram_batch_free(outbox.batch);
    close(from.fd);
    unlink(sender.as.un.sun_path);
    CHECK(rmdir(folder) == 0);
    snprintf(folder, sizeof folder, "/tmp/outbox-XXXXXX");
    loop_free(loop);
}

static struct dgram numbered(const struct reader *to, int number) {
    static char text[16];
    snprintf(text, sizeof text, "%d", number);
    return (struct dgram){.bytes = text, .size = strlen(text), .peer = &to->name};
}

/* As many as the peer's queue takes: how many. */
static int fill(const struct reader *to) {
    int count = 0;
    struct dgram d = numbered(to, count);
    while (dgram_send(outbox.batch, &from, &d, 1) > 0) d = numbered(to, ++count);
    CHECK(dgram_full_now(errno));
    return count;
}

static void keep(const struct reader *to, int number) {
    struct dgram d = numbered(to, number);
    outbox_keep(&outbox, &from, &d);
}

static void hears(const struct reader *r, int number) {
    char text[16] = "", wanted[16];
    CHECK(recv(r->fd, text, sizeof text - 1, 0) > 0);
    snprintf(wanted, sizeof wanted, "%d", number);
    CHECK_TEXT(text, wanted);
}

static void what_waits_goes_in_order_once_there_is_room(void) {
    begin();
    struct reader r = open_reader("reader");
    int count = fill(&r);
    for (int i = 0; i < 5; i++) keep(&r, count + i);
    CHECK(outbox_waits(&outbox) && outbox_holds(&outbox, &from, &r.name));
    loop_run_for(loop, 5 * MS);
    CHECK(sent == 0 && drained == 0);
    for (int i = 0; i < count; i++) hears(&r, i);
    loop_run(loop);
    for (int i = 0; i < 5; i++) hears(&r, count + i);
    CHECK(sent == 5 && lost == 0 && drained == 1);
    CHECK(!outbox_waits(&outbox) && !outbox_holds(&outbox, &from, &r.name));
    close_reader(&r);
    end();
}

static void another_peer_does_not_wait(void) {
    begin();
    struct reader never = open_reader("never"), other = open_reader("other");
    keep(&never, fill(&never));
    CHECK(!outbox_holds(&outbox, &from, &other.name));
    fill(&other);
    keep(&other, 7);
    while (recv(other.fd, &(char){0}, 1, 0) > 0) continue;
    loop_run_for(loop, 5 * MS);
    hears(&other, 7);
    CHECK(sent == 1 && outbox_holds(&outbox, &from, &never.name));
    close_reader(&never);
    close_reader(&other);
    end();
}

static void a_peer_that_never_reads_is_given_up(void) {
    begin();
    struct reader never = open_reader("never");
    int count = fill(&never);
    for (int i = 0; i < 3; i++) keep(&never, count + i);
    int64_t begun = clock_ns();
    loop_run(loop);
    CHECK(clock_ns() - begun >= OUTBOX_PATIENCE);
    CHECK(lost == 3 && sent == 0 && lost_error == EAGAIN && !outbox_waits(&outbox));
    close_reader(&never);
    end();
}

static void a_peer_that_goes_is_told_as_gone(void) {
    begin();
    struct reader r = open_reader("reader");
    keep(&r, fill(&r));
    close_reader(&r);
    loop_run(loop);
    CHECK(lost == 1 && !dgram_full_now(lost_error));
    end();
}

static void what_waits_is_bounded(void) {
    begin();
    static char large[100000];
    struct reader r = open_reader("reader");
    struct dgram d = {.bytes = large, .size = sizeof large, .peer = &r.name};
    fill(&r);
    for (int i = 0; i < 100; i++) outbox_keep(&outbox, &from, &d);
    CHECK(outbox.bytes <= OUTBOX_PEER_MOST);
    CHECK(lost == 100 - OUTBOX_PEER_MOST / sizeof large && lost_error == EAGAIN);
    outbox_forget(&outbox, &from);
    CHECK(outbox.bytes == 0 && !outbox_waits(&outbox));
    close_reader(&r);
    end();
}

static void what_waits_for_many_is_bounded(void) {
    begin();
    struct addr none;
    for (int i = 0; i < OUTBOX_QUEUES + 10; i++) {
        char path[32];
        snprintf(path, sizeof path, "/nowhere/%d", i);
        CHECK(addr_unix(path, &none) == 0);
        outbox_keep(&outbox, &from, &(struct dgram){.bytes = "x", .size = 1, .peer = &none});
    }
    CHECK(lost == 10);
    end();
}

int main(void) {
    static const struct unit_test tests[] = {
        {"what waits goes in order once there is room",
         what_waits_goes_in_order_once_there_is_room},
        {"another peer does not wait", another_peer_does_not_wait},
        {"a peer that never reads is given up", a_peer_that_never_reads_is_given_up},
        {"a peer that goes is told as gone", a_peer_that_goes_is_told_as_gone},
        {"what waits is bounded", what_waits_is_bounded},
        {"what waits for many is bounded", what_waits_for_many_is_bounded},
    };
    return UNIT_RUN(tests);
}
