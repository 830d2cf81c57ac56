#include "common/net/bind.h"

#include <errno.h>

#include "common/base/lang.h"
#include "common/net/hint.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

int bind_socket(int family, int type, const struct sockopt_list *options, struct cause *cause) {
    int fd = sock_open(family, type);
    *cause = (struct cause){0};
    if (fd < 0 || sockopt_apply(options, fd, family, cause) == 0) return fd;
    sock_close(fd);
    return -1;
}

int bind_cause(bool listens, int type, const struct addr *local, int error, struct cause *cause) {
    char text[ADDR_TEXT], owner[SYSINFO_OWNER];
    bool known = error == EADDRINUSE && sysinfo_owner(type, local, owner);
    cause_set(cause, STATUS_UNBOUND,
              listens ? "cannot listen on %s: %s%s%s%s" : "cannot bind to %s: %s%s%s%s",
              addr_text(local, text), lang_error(error), known ? " (" : "",
              known ? owner : hint_local(local, error), known ? ")" : "");
    errno = error;
    return -1;
}

int bind_local(int fd, int type, const struct addr *local, struct cause *cause) {
    return sock_bind(fd, local) == 0 ? 0 : bind_cause(false, type, local, errno, cause);
}
