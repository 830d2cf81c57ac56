#include "applets/chat/tint.h"

#include <string.h>

enum { FAINT = 2, RED = 31, COLOURS = 6 }; /* the colours of names begin with red */

/* The SGR colour of a name: always the same. */
static int colour_of(const char *name, size_t size) {
    unsigned hash = 0;
    for (size_t i = 0; i < size; i++) hash = hash * 31 + (unsigned char)name[i];
    return RED + (int)(hash % COLOURS);
}

static void put_tinted(struct buf *out, int sgr, const char *text, size_t size) {
    buf_format(out, "\033[%dm", sgr);
    buf_put(out, text, size);
    buf_put(out, "\033[0m", 4);
}

void tint_line(struct buf *out, const char *text, size_t size) {
    const char *close = size > 1 && text[0] == '(' ? memchr(text, ')', size) : NULL;
    if (close) {
        size_t head = (size_t)(close - text) + 1, name = strcspn(text + 1, " )");
        put_tinted(out, colour_of(text + 1, name), text, head);
        buf_put(out, text + head, size - head);
    } else if (size > 1 && (text[0] == '*' || text[0] == '!') && text[1] == ' ') {
        put_tinted(out, text[0] == '*' ? FAINT : RED, text, size);
    } else {
        buf_put(out, text, size);
    }
}
