#include "applets/probe/become.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"

struct turn {
    struct timer timer;
    struct loop *loop;
};

static void turn_over(struct timer *t) { loop_stop(container_of(t, struct turn, timer)->loop); }

void become_prepare(struct loop *loop) {
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct turn turn = {.loop = loop};
    struct sigaction action;
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        if (sigaction(caught[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            signal(caught[i], SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    timer_start(loop, &turn.timer, 1, turn_over);
    loop_run(loop);
    timer_stop(&turn.timer);
}

int become_program(char **argv) {
    execvp(argv[0], argv);
    int status = errno == ENOENT ? 127 : 126;
    msg_error("cannot run %s: %s", argv[0], strerror(errno));
    return status;
}
