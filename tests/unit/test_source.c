/* A stdin of which the system tells nothing is read all the same: fstat(2) takes the place of
 * libc's. */
#include <sys/stat.h>

#include "common/io/source.h"
#include "looping.h"

int fstat(int fd, struct stat *st) {
    (void)fd, (void)st;
    errno = EIO;
    return -1;
}

static char heard[16];
static size_t size;
static bool ended;

static void readable(struct source *s) {
    ssize_t n = source_read(s->fd, s->kind, heard + size, sizeof heard - size);
    if (n > 0) size += (size_t)n;
    ended = n == 0;
    if (ended) loop_stop(s->loop);
}

static void it_is_read(void) {
    int ends[2];
    struct source s;
    CHECK(pipe(ends) == 0);
    CHECK(!source_is_null(ends[0]));
    source_start(&s, loop, ends[0], readable);
    source_want(&s, true);
    run_turn(); /* nothing is there yet, and a read would block */
    CHECK(size == 0 && !ended);
    CHECK(write(ends[1], "hello", 5) == 5);
    close(ends[1]);
    loop_run_for(loop, 5000 * MS);
    CHECK(ended && size == 5 && memcmp(heard, "hello", 5) == 0);
    source_stop(&s);
    close(ends[0]);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a stdin of which the system tells nothing is read", it_is_read},
    };
    loop = loop_new();
    int failed = UNIT_RUN(tests);
    loop_free(loop);
    return failed;
}
