#include "common/base/crlf.h"

#include <string.h>

void crlf_put(struct buf *out, const char *bytes, size_t n, bool *cr) {
    while (n > 0) {
        const char *newline = memchr(bytes, '\n', n);
        size_t size = newline ? (size_t)(newline - bytes) : n;
        bool has_cr = size > 0 ? bytes[size - 1] == '\r' : *cr;
        buf_put(out, bytes, size);
        *cr = has_cr && !newline;
        if (!newline) return;
        buf_put(out, has_cr ? "\n" : "\r\n", has_cr ? 1 : 2);
        bytes += size + 1;
        n -= size + 1;
    }
}

void crlf_line(struct buf *out, const char *text, size_t size, bool crlf, bool bare) {
    bool cr = false;
    if (crlf)
        crlf_put(out, text, size, &cr);
    else
        buf_put(out, text, size);
    if (!bare) buf_put(out, crlf && !cr ? "\r\n" : "\n", crlf && !cr ? 2 : 1);
}
