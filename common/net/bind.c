#include "common/net/bind.h"

#include <errno.h>
#include <string.h>

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

int bind_cause(const char *doing, int type, const struct addr *local, int error,
               struct cause *cause) {
    char text[ADDR_TEXT], owner[SYSINFO_OWNER];
    bool known = error == EADDRINUSE && sysinfo_owner(type, local, owner);
    cause_set(cause, STATUS_UNBOUND, "cannot %s %s: %s%s%s%s", doing, addr_text(local, text),
              strerror(error), known ? " (" : "", known ? owner : hint_local(local, error),
              known ? ")" : "");
    errno = error;
    return -1;
}

int bind_local(int fd, int type, const struct addr *local, struct cause *cause) {
    return sock_bind(fd, local) == 0 ? 0 : bind_cause("bind to", type, local, errno, cause);
}
