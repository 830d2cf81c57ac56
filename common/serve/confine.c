#include "common/serve/confine.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/cli/sandbox.h"

static int cannot_become(const struct user *user, const char *hint) {
    msg_error("cannot become %s: %s%s", user->text, lang_error(errno), tr(hint));
    return STATUS_FAILED;
}

int confine_check(const struct server_conf *conf) {
    if (!conf->user.text || geteuid() == 0) return 0;
    errno = EPERM;
    return cannot_become(&conf->user, " (--user is for a server started as root)");
}

static bool any_is(const struct listeners *l, bool (*is)(const struct addr *a)) {
    for (size_t i = 0; i < l->count; i++)
        if (is(&l->addrs[i])) return true;
    return false;
}

/* Whoever sends a Unix datagram may have an abstract name to be answered at. */
static bool is_unix(const struct addr *a) { return addr_family(a) == AF_UNIX; }

/* Whose clients may have link-local addresses. */
static bool is_on_links(const struct addr *a) {
    return addr_family(a) == AF_INET6 && !addr_is_loopback(a);
}

int confine_enter(const struct server_conf *conf, const struct doors *doors,
                  const struct removal *port_file, unsigned needs) {
    int directories[] = {removal_directory(port_file), removal_directory(&doors->path)};
    tzset();
    if (any_is(&doors->streams, is_on_links) || any_is(&doors->datagrams, is_on_links))
        addr_keep_zones();
    if (any_is(&doors->datagrams, is_unix)) needs |= SANDBOX_ABSTRACT;
    if (conf->user.text && user_become(&conf->user) < 0) return cannot_become(&conf->user, "");
    if (!conf->no_sandbox && !(needs & SANDBOX_RUNS)) sandbox_enter(needs, directories, 2);
    return 0;
}
