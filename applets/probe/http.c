#include "applets/probe/http.h"

#include <string.h>

static const char version[] = "HTTP/1.";

void http_request(struct buf *out, const char *host, const char *path) {
    buf_format(out,
               "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sockkit/" SOCKKIT_VERSION
               "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
               path, host);
}

bool http_path_valid(const char *path) {
    for (; *path; path++)
        if (*path <= ' ' || *path > '~') return false;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Of a whole status line: HTTP/1.1 200 OK. */
static int parse_line(const char *line, size_t n) {
    const size_t at = sizeof version - 1 + 2; /* behind the minor version and a blank */
    if (n < at + 3 || !is_digit(line[at - 2]) || line[at - 1] != ' ') return HTTP_OTHER;
    for (size_t i = at; i < at + 3; i++)
        if (!is_digit(line[i])) return HTTP_OTHER;
    if (n > at + 3 && line[at + 3] != ' ' && line[at + 3] != '\r') return HTTP_OTHER;
    return (line[at] - '0') * 100 + (line[at + 1] - '0') * 10 + (line[at + 2] - '0');
}

/* Of the answer that begins at these bytes, be it an interim one. */
static int status_at(const char *bytes, size_t n) {
    const char *end = n ? memchr(bytes, '\n', n) : NULL;
    size_t known = n < sizeof version - 1 ? n : sizeof version - 1;
    if (memcmp(bytes, version, known) != 0) return HTTP_OTHER;
    if (!end) return HTTP_INCOMPLETE;
    int status = parse_line(bytes, (size_t)(end - bytes));
    return status < 100 ? HTTP_OTHER : status;
}

int http_status(const char *bytes, size_t n, size_t *line) {
    int status;
    *line = 0;
    while ((status = status_at(bytes + *line, n - *line)) > 0 && status < 200) {
        const char *end = memmem(bytes + *line, n - *line, "\r\n\r\n", 4);
        if (!end) return HTTP_INCOMPLETE;
        *line = (size_t)(end - bytes) + 4;
    }
    return status;
}
