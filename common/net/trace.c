#include "common/net/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/vis.h"

#define CALL_MOST 320
#define SHOWN 64 /* bytes of a payload */

int trace_level;

static unsigned char *lives; /* an enum trace_life for each descriptor */
static size_t lives_count;

struct error_name {
    int number;
    const char *name;
};

/* The errors of socket calls. strerror(3) tells their meaning; POSIX has no function for the
 * name. */
static const struct error_name names[] = {
    {EACCES, "EACCES"},
    {EADDRINUSE, "EADDRINUSE"},
    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
    {EAFNOSUPPORT, "EAFNOSUPPORT"},
    {EAGAIN, "EAGAIN"},
    {EALREADY, "EALREADY"},
    {EBADF, "EBADF"},
    {ECANCELED, "ECANCELED"},
    {ECONNABORTED, "ECONNABORTED"},
    {ECONNREFUSED, "ECONNREFUSED"},
    {ECONNRESET, "ECONNRESET"},
    {EDESTADDRREQ, "EDESTADDRREQ"},
    {EFAULT, "EFAULT"},
    {EHOSTDOWN, "EHOSTDOWN"},
    {EHOSTUNREACH, "EHOSTUNREACH"},
    {EINPROGRESS, "EINPROGRESS"},
    {EINTR, "EINTR"},
    {EINVAL, "EINVAL"},
    {EISCONN, "EISCONN"},
    {EMFILE, "EMFILE"},
    {EMSGSIZE, "EMSGSIZE"},
    {ENETDOWN, "ENETDOWN"},
    {ENETUNREACH, "ENETUNREACH"},
    {ENFILE, "ENFILE"},
    {ENOBUFS, "ENOBUFS"},
    {ENOENT, "ENOENT"},
    {ENOMEM, "ENOMEM"},
    {ENOPROTOOPT, "ENOPROTOOPT"},
    {ENOTCONN, "ENOTCONN"},
    {ENOTSOCK, "ENOTSOCK"},
    {EOPNOTSUPP, "EOPNOTSUPP"},
    {EPERM, "EPERM"},
    {EPIPE, "EPIPE"},
    {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
    {EPROTOTYPE, "EPROTOTYPE"},
    {ETIMEDOUT, "ETIMEDOUT"},
    {ENETRESET, "ENETRESET"},
    {ENOSYS, "ENOSYS"},
    {EPFNOSUPPORT, "EPFNOSUPPORT"},
    {EPROTO, "EPROTO"},
    {ESHUTDOWN, "ESHUTDOWN"},
    {ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT"},
    /* of a call with an interface, a value, or a path */
    {EBUSY, "EBUSY"},
    {EDOM, "EDOM"},
    {EDQUOT, "EDQUOT"},
    {EEXIST, "EEXIST"},
    {EIO, "EIO"},
    {ELOOP, "ELOOP"},
    {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENODEV, "ENODEV"},
    {ENOSPC, "ENOSPC"},
    {ENOTDIR, "ENOTDIR"},
    {ENXIO, "ENXIO"},
    {EROFS, "EROFS"},
};

const char *trace_error_name(int number) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number) return names[i].name;
    return "errno";
}

static void show(long result, const char *call, const char *words) {
    int error = errno;
    if (result < 0)
        msg_note(-1, "%-40s = -1     %s: %s%s%s%s", call, trace_error_name(error), strerror(error),
                 *words ? " (" : "", words, *words ? ")" : "");
    else
        msg_note(-1, "%-40s = %-*ld%s%s", call, *words ? 6 : 0, result, *words ? " " : "", words);
    errno = error;
}

void trace_call(long result, const char *words, const char *fmt, ...) {
    char call[CALL_MOST];
    int error = errno;
    va_list args;
    va_start(args, fmt);
    vsnprintf(call, sizeof call, fmt, args);
    va_end(args);
    errno = error;
    show(result, call, words);
}

void trace_payload(ssize_t result, const void *bytes, const char *fmt, ...) {
    char call[CALL_MOST], *words = NULL;
    int error = errno;
    va_list args;
    va_start(args, fmt);
    vsnprintf(call, sizeof call, fmt, args);
    va_end(args);
    if (result > 0) {
        words = mem_new(vis_quote_bound(SHOWN));
        vis_quote(bytes, (size_t)result, SHOWN, words);
    }
    errno = error;
    show(result, call, words ? words : "");
    free(words);
}

void trace_set(int fd, enum trace_life life) {
    size_t need = (size_t)fd + 1;
    if (need > lives_count) {
        lives = mem_resize(lives, need * 2, 1);
        memset(lives + lives_count, TRACE_OTHER, need * 2 - lives_count);
        lives_count = need * 2;
    }
    lives[fd] = (unsigned char)life;
}

enum trace_life trace_get(int fd) {
    return (size_t)fd < lives_count ? (enum trace_life)lives[fd] : TRACE_OTHER;
}
