#include "common/net/own.h"

#include <sys/stat.h>

#include "common/net/sysinfo.h"

static bool any_is_wildcard(const struct listeners *l) {
    for (size_t i = 0; i < l->count; i++)
        if (addr_is_any(&l->addrs[i])) return true;
    return false;
}

void own_find(struct own *o, const struct listeners *listeners) {
    *o = (struct own){.listeners = listeners};
    if (any_is_wildcard(listeners)) sysinfo_addresses(&o->interfaces);
}

static bool of_machine(const struct own *o, const struct addr *a) {
    if (addr_is_loopback(a) || addr_is_any(a)) return true;
    for (size_t i = 0; i < o->interfaces.count; i++)
        if (addr_same_host(&o->interfaces.items[i], a)) return true;
    return false;
}

/* A path may be written in many ways. */
static bool is_same_path(const struct addr *x, const struct addr *y) {
    struct stat a, b;
    if (addr_is_abstract(x) || addr_is_abstract(y)) return addr_equal(x, y);
    return addr_equal(x, y) ||
           (stat(x->as.un.sun_path, &a) == 0 && stat(y->as.un.sun_path, &b) == 0 &&
            a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* As a listener has it that IPv6 alone reaches, or both families (ipv6(7), IPV6_V6ONLY). */
static bool reaches(const struct own *o, const struct addr *local, const struct addr *a) {
    struct addr v4;
    bool mapped = addr_family(local) == AF_INET6 && addr_unmap(a, &v4);
    if (mapped) a = &v4;
    if (!mapped && addr_family(local) != addr_family(a)) return false;
    if (addr_family(a) == AF_UNIX) return is_same_path(local, a);
    if (addr_port(local) != addr_port(a)) return false;
    if (addr_is_any(local)) return of_machine(o, a);
    return addr_same_host(local, a) || (addr_is_loopback(local) && addr_is_any(a));
}

bool own_has(const struct own *o, const struct addr *a) {
    for (size_t i = 0; o->listeners && i < o->listeners->count; i++)
        if (reaches(o, &o->listeners->addrs[i], a)) return true;
    return false;
}

void own_free(struct own *o) { addrs_free(&o->interfaces); }
