#include "applets/probe/become.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/msg.h"

void become_prepare(struct loop *loop) {
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        if (sigaction(caught[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            signal(caught[i], SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    loop_run_for(loop, 0);
}

int become_program(char **argv) {
    execvp(argv[0], argv);
    int status = errno == ENOENT ? 127 : 126;
    msg_error("cannot run %s: %s", argv[0], lang_error(errno));
    return status;
}
