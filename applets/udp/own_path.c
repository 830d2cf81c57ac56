#include "applets/udp/own_path.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/bind.h"
#include "common/net/sock.h"

#define TRIES 100

/* How many paths of this process have been tried. */
static unsigned tried;

int own_path_bind(int fd, char **path, struct cause *cause) {
    const char *directory = getenv("TMPDIR");
    struct addr a;
    if (!directory || !*directory) directory = "/tmp";
    for (int i = 0; i < TRIES; i++) {
        *path = mem_format("%s/sockkit-%ld-%u", directory, (long)getpid(), tried++);
        bool fits = addr_unix(*path, &a) == 0;
        if (fits && sock_bind(fd, &a) == 0) return 0;
        free(*path);
        *path = NULL;
        if (!fits)
            return cause_set(cause, STATUS_UNBOUND, "cannot bind in %s: %s", directory,
                             lang_error(errno));
        if (errno != EADDRINUSE) break;
    }
    return bind_cause(false, SOCK_DGRAM, &a, errno, cause);
}

void own_path_remove(char **path) {
    if (*path) unlink(*path);
    free(*path);
    *path = NULL;
}
