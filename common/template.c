#include "template.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

const char *template_check(const char *text) {
    static char wrong[80];
    while ((text = strchr(text, '%')) != NULL) {
        if (text[1] == '\0') return "a '%' stands at its end ('%%' is a percent sign)";
        if (strchr("mapt%", text[1]) == NULL) break;
        text += 2;
    }
    if (text == NULL) return NULL;

    uint32_t point;
    int length = text_decode(text + 1, strlen(text + 1), &point);
    size_t size = 1 + (length > 0 ? (size_t)length : 1);
    char quoted[2 * TEXT_SHOWN];
    text_quote(text, size, size, quoted);
    int inside = (int)strlen(quoted) - 2;
    snprintf(wrong, sizeof wrong, "unknown '%.*s' (%%m %%a %%p %%t %%%% are known)", inside,
             quoted + 1);
    return wrong;
}

/* ISO 8601 with the offset's colon, which strftime leaves out. */
static void put_time(struct buf *out, time_t now) {
    struct tm local;
    char stamp[48], offset[8];
    if (localtime_r(&now, &local) == NULL) return;
    size_t size = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &local);
    strftime(offset, sizeof offset, "%z", &local);
    buf_put(out, stamp, size);
    buf_format(out, "%.3s:%s", offset, offset + 3);
}

void template_fill(struct buf *out, const char *text, const char *message, size_t size,
                   const struct addr *peer, time_t now) {
    for (;;) {
        char host[ADDR_TEXT];
        size_t plain = strcspn(text, "%");
        buf_put(out, text, plain);
        if (text[plain] == '\0') return;
        switch (text[plain + 1]) {
        case 'm': buf_put(out, message, size); break;
        case 'a': buf_format(out, "%s", addr_host_text(peer, host)); break;
        case 'p': buf_format(out, "%u", (unsigned)addr_port(peer)); break;
        case 't': put_time(out, now); break;
        default: buf_put(out, "%", 1);
        }
        text += plain + 2;
    }
}
