#include "common/net/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/vis.h"
#include "common/loop/loop.h"

#define SHOWN ((size_t)64) /* bytes of a payload */

static unsigned long count;
static int64_t began; /* 0: it is not known */
static void (*diverted)(void *ctx, const struct call_line *line);
static void *diverted_ctx;
static void (*pause_after)(void);

struct error_name {
    short number;
    char name[16]; /* ESOCKTNOSUPPORT is the longest */
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

const char *call_error_name(int number) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number) return names[i].name;
    return "errno";
}

unsigned long call_count(void) { return count; }

void call_began(int64_t at) { began = at; }

void call_divert(void (*show)(void *ctx, const struct call_line *line), void *ctx) {
    diverted = show;
    diverted_ctx = ctx;
}

void call_pause(void (*pause)(void)) { pause_after = pause; }

static void show(const char *call, const char *words) {
    struct call_line line = {began ? began : loop_clock(), call, words};
    began = 0;
    count++;
    if (diverted)
        diverted(diverted_ctx, &line);
    else if (*call)
        msg_pair(-1, call, words, CALL_COLUMN);
    else
        msg_note(-1, "%s", words);
    if (pause_after) pause_after();
}

static void show_result(const char *call, long result, const char *words) {
    char line[CALL_MOST], failure[CALL_WORDS + 128];
    int error = errno;
    snprintf(line, sizeof line, "%-40s = %ld", call, result < 0 ? -1 : result);
    if (result < 0) {
        snprintf(failure, sizeof failure, tr(*words ? "%s: %s (%s)" : "%s: %s"),
                 call_error_name(error), lang_error(error), words);
        words = failure;
    }
    show(line, words);
    errno = error;
}

static void compose(char out[CALL_MOST], const char *fmt, va_list args) {
    int error = errno;
    vsnprintf(out, CALL_MOST - 24, fmt, args); /* the result has room, too */
    errno = error;
}

void call_show(long result, const char *words, const char *fmt, ...) {
    char call[CALL_MOST];
    va_list args;
    va_start(args, fmt);
    compose(call, fmt, args);
    va_end(args);
    show_result(call, result, tr(words));
}

void call_show_payload(ssize_t result, const void *bytes, const char *fmt, ...) {
    char call[CALL_MOST], *words;
    int error = errno;
    va_list args;
    va_start(args, fmt);
    compose(call, fmt, args);
    va_end(args);
    words = mem_new(vis_quote_bound(SHOWN));
    if (result > 0) vis_quote(bytes, (size_t)result, SHOWN, words);
    errno = error;
    show_result(call, result, words);
    free(words);
}

void call_show_wait(const char *words) {
    int error = errno;
    show("", words);
    errno = error;
}
