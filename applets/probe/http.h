/* http: the one question that probe asks of an HTTP server, and the status of its answer. RFC 9112.
 * Pure. */
#ifndef SOCKKIT_PROBE_HTTP_H
#define SOCKKIT_PROBE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

/* Puts the request GET `path` (which begins with a slash) to the end of out; `host` is what its
 * Host field says. */
void http_request(struct buf *out, const char *host, const char *path);

/* True for what may stand in the request line as a path: printable ASCII without blanks. */
bool http_path_valid(const char *path);

enum {
    HTTP_INCOMPLETE = 0, /* more is to come */
    HTTP_OTHER = -1,     /* it is no answer of HTTP */
};

/* The status, 200 to 999, of the answer that the n bytes begin with, those of interim answers (1xx)
 * aside; *line is the place of its status line, also for HTTP_OTHER. */
int http_status(const char *bytes, size_t n, size_t *line);

#endif
