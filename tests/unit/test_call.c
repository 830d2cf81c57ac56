/* With what status a run ends. poll(2) and epoll_wait(2) take the place of libc's. */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

#include "common/base/msg.h"
#include "common/cli/applet.h"
#include "unit.h"

int epoll_wait(int fd, struct epoll_event *events, int most, int ms) {
    (void)fd, (void)events, (void)most, (void)ms;
    errno = ENOMEM;
    return -1;
}

int poll(struct pollfd *fds, nfds_t count, int ms) {
    (void)fds, (void)count, (void)ms;
    errno = ENOMEM;
    return -1;
}

static char told[256];

static void keep_line(void *ctx, const char *line, size_t size) {
    (void)ctx;
    snprintf(told, sizeof told, "%.*s", (int)size, line);
}

static void a_run_ends_with_its_own_status(void) {
    struct call call = {.loop = loop_new()};
    CHECK(!call_over(&call));
    CHECK(call_status(&call, STATUS_OK) == STATUS_OK);
    CHECK(call_status(&call, STATUS_UNBOUND) == STATUS_UNBOUND);
    call.expired = true;
    CHECK(call_over(&call));
    CHECK(call_status(&call, STATUS_OK) == STATUS_TIMEOUT);
    CHECK_TEXT(told, "");
    loop_free(call.loop);
}

static void a_loop_that_cannot_wait_ends_the_run(void) {
    struct call call = {.loop = loop_new()};
    loop_run(call.loop);
    CHECK(call_over(&call));
    CHECK(call_status(&call, STATUS_OK) == STATUS_FAILED);
    CHECK(strstr(told, "cannot wait for events: ") != NULL);
    told[0] = '\0';
    CHECK(call_status(&call, STATUS_TIMEOUT) == STATUS_TIMEOUT); /* which was told */
    CHECK_TEXT(told, "");
    loop_free(call.loop);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a run ends with its own status, or has timed out", a_run_ends_with_its_own_status},
        {"a loop that cannot wait ends the run, told, with status 1",
         a_loop_that_cannot_wait_ends_the_run},
    };
    msg_divert(keep_line, NULL);
    return UNIT_RUN(tests);
}
