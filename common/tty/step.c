#include "common/tty/step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/loop/sig.h"

static int terminal = -1;

int step_open(void) {
    if (!isatty(STDERR_FILENO)) return -1;
    terminal = aside_move(open("/dev/tty", O_RDWR | O_CLOEXEC));
    return terminal < 0 ? -1 : 0;
}

/* False once no more keys are to be waited for. */
static bool wait_for_key(void) {
    struct pollfd fds[2] = {{.fd = terminal, .events = POLLIN},
                            {.fd = sig_descriptor(), .events = POLLIN}};
    int n;
    do n = poll(fds, 2, -1);
    while (n < 0 && errno == EINTR);
    return n > 0 && fds[1].revents == 0;
}

/* A line editor may have put the terminal into a mode in which Enter is CR. */
static void wait_for_enter(void) {
    char key = '\0';
    while (key != '\n' && key != '\r' && wait_for_key())
        if (read(terminal, &key, 1) != 1) return;
}

void step_wait(void) {
    struct termios before, silent;
    int error = errno;
    if (tcgetattr(terminal, &before) == 0) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
        silent.c_cc[VMIN] = 1;
        silent.c_cc[VTIME] = 0;
        tcsetattr(terminal, TCSANOW, &silent);
        wait_for_enter();
        tcsetattr(terminal, TCSANOW, &before);
    }
    errno = error;
}
