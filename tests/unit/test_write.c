/* What becomes of bytes when write(2) takes none of them and reports no error. The call below takes
 * the place of libc's. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io/sink.h"
#include "common/io/tap.h"
#include "unit.h"

static int deaf = -1; /* the descriptor that takes nothing */

ssize_t write_or_nothing(int fd, const void *bytes, size_t n) __asm__("write");

ssize_t write_or_nothing(int fd, const void *bytes, size_t n) {
    return fd == deaf ? 0 : (ssize_t)syscall(SYS_write, fd, bytes, n);
}

static void a_copy_fails(void) {
    struct tap tap;
    struct cause cause = {0};
    CHECK(tap_open(&tap, "/dev/null", NULL, &cause) == 0);
    deaf = tap.output;
    CHECK(tap_copy(&tap, "x", 1, &cause) == -1 && cause.status == STATUS_FAILED);
    CHECK(strncmp(cause.text, "cannot write /dev/null: ", 24) == 0);
    deaf = -1;
    CHECK(tap_close(&tap, &cause) == 0);
}

static void stdout_fails(void) {
    struct sink sink;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    sink_start(&sink, fd);
    deaf = fd;
    CHECK(sink_give(&sink, "x", 1) == SINK_FAILED && sink.error == EIO);
    deaf = -1;
    sink_free(&sink);
    close(fd);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a copy that takes nothing has failed", a_copy_fails},
        {"a stdout that takes nothing has failed", stdout_fails},
    };
    return UNIT_RUN(tests);
}
