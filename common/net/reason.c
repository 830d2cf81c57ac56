#include "common/net/reason.h"

#include <stdio.h>
#include <string.h>

#include "common/base/addrs.h"
#include "common/base/lang.h"
#include "common/net/sysinfo.h"

static bool is_own(const struct addrs *own, const struct addr *a) {
    for (size_t i = 0; i < own->count; i++)
        if (addr_same_host(&own->items[i], a)) return true;
    return false;
}

static bool any_is_loopback(const struct addr *tried, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (addr_is_loopback(&tried[i])) return true;
    return false;
}

static bool any_is_own(const struct addr *tried, size_t count) {
    struct addrs own = {NULL, 0};
    bool found = false;
    if (any_is_loopback(tried, count)) return true;
    sysinfo_addresses(&own);
    for (size_t i = 0; i < count && !found; i++) found = is_own(&own, &tried[i]);
    addrs_free(&own);
    return found;
}

/* One that receives where we tried has another reason to refuse, or came up just now. */
static bool is_elsewhere(const struct addrs *found, const struct addr *tried, size_t count) {
    for (size_t i = 0; i < found->count; i++)
        for (size_t n = 0; n < count; n++) {
            const struct addr *a = &found->items[i];
            bool everywhere = addr_is_any(a) && addr_family(a) == addr_family(&tried[n]);
            if (everywhere || addr_same_host(a, &tried[n])) return false;
        }
    return found->count > 0;
}

static bool has_family(const struct addr *tried, size_t count, int family) {
    for (size_t i = 0; i < count; i++)
        if (addr_family(&tried[i]) == family) return true;
    return false;
}

#define SHOWN 2 /* the most addresses in an error */

static void list(const struct addrs *found, char *out, size_t size) {
    char text[ADDR_TEXT];
    *out = 0;
    for (size_t i = 0; i < found->count && i < SHOWN; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", i ? ", " : "", addr_text(&found->items[i], text));
    }
}

static void describe(int type, const struct addrs *found, char other_family,
                     char out[REASON_TEXT]) {
    char where[SHOWN * ADDR_TEXT];
    list(found, where, sizeof where);
    if (type == SOCK_STREAM && other_family)
        snprintf(out, REASON_TEXT,
                 tr(" (a server listens on %s only: -%c, or start it with -b '*')"), where,
                 other_family);
    else if (type == SOCK_STREAM)
        snprintf(out, REASON_TEXT,
                 tr(" (a server listens on %s only: connect there, or start it with -b '*')"),
                 where);
    else if (other_family)
        snprintf(
            out, REASON_TEXT,
            tr(" (an ICMP port-unreachable came back; a receiver is at %s only: -%c, or start it "
               "with -b '*')"),
            where, other_family);
    else
        snprintf(
            out, REASON_TEXT,
            tr(" (an ICMP port-unreachable came back; a receiver is at %s only: send there, or "
               "start it with -b '*')"),
            where);
}

const char *reason_refused(int type, const struct addr *tried, size_t count,
                           char out[REASON_TEXT]) {
    struct addrs found = {NULL, 0};
    *out = 0;
    if (count == 0 || addr_family(&tried[0]) == AF_UNIX) return out;
    sysinfo_receivers(type, addr_port(&tried[0]), &found);
    if (is_elsewhere(&found, tried, count) && any_is_own(tried, count)) {
        int family = addr_family(&found.items[0]);
        char letter = family == AF_INET ? '4' : '6';
        describe(type, &found, has_family(tried, count, family) ? 0 : letter, out);
    }
    addrs_free(&found);
    return out;
}

const char *reason_silent(const struct addr *to, char out[REASON_TEXT]) {
    unsigned waiting = addr_family(to) == AF_UNIX ? 0 : sysinfo_full_queue(to);
    *out = 0;
    if (waiting > 0)
        snprintf(out, REASON_TEXT,
                 tr(" (the queue of the server there is full, with %u waiting for its accept)"),
                 waiting);
    return out;
}
