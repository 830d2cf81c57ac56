#include "applets/chat/tint.h"

#include <string.h>

/* The SGR colour of a name: always the same. */
static int colour_of(const char *name, size_t size) {
    unsigned hash = 0;
    for (size_t i = 0; i < size; i++) hash = hash * 31 + (unsigned char)name[i];
    return 31 + (int)(hash % 6);
}

void tint_line(struct buf *out, const char *text, size_t size) {
    const char *close = size > 1 && text[0] == '(' ? memchr(text, ')', size) : NULL;
    if (close) {
        size_t head = (size_t)(close - text) + 1, name = strcspn(text + 1, " )");
        buf_format(out, "\033[%dm%.*s\033[0m", colour_of(text + 1, name), (int)head, text);
        buf_put(out, text + head, size - head);
    } else if (size > 1 && (text[0] == '*' || text[0] == '!') && text[1] == ' ') {
        buf_format(out, text[0] == '*' ? "\033[2m%.*s\033[0m" : "\033[31m%.*s\033[0m", (int)size,
                   text);
    } else {
        buf_put(out, text, size);
    }
}
