#include "common/base/template.h"

#include <stdio.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/base/vis.h"

const char *template_check(const char *text, size_t size) {
    static char wrong[96];
    const char *end = text + size;
    while ((text = memchr(text, '%', (size_t)(end - text))) != NULL) {
        if (end - text == 1) return "a '%' stands at its end ('%%' is a percent sign)";
        if (memchr("mapt%", text[1], 5) == NULL) break;
        text += 2;
    }
    if (text == NULL) return NULL;

    uint32_t point;
    size_t shown = 1 + utf8_next(text + 1, (size_t)(end - text) - 1, &point);
    char quoted[2 * VIS_SHOWN];
    vis_quote(text, shown, shown, quoted);
    int inside = (int)strlen(quoted) - 2;
    snprintf(wrong, sizeof wrong, tr("unknown '%.*s' (%%m %%a %%p %%t %%%% are known)"), inside,
             quoted + 1);
    return wrong;
}

static void put_value(struct buf *out, char letter, const struct template_message *message) {
    char host[ADDR_TEXT], stamp[TEXT_STAMP];
    switch (letter) {
    case 'm':
        buf_put(out, message->bytes, message->size);
        break;
    case 'a':
        buf_format(out, "%s", addr_host_text(message->peer, host));
        break;
    case 'p':
        buf_format(out, "%u", (unsigned)addr_port(message->peer));
        break;
    case 't':
        buf_format(out, "%s", text_stamp(message->now, stamp));
        break;
    default:
        buf_put(out, "%", 1);
    }
}

void template_fill(struct buf *out, const char *text, size_t size,
                   const struct template_message *message) {
    const char *end = text + size, *sign;
    while ((sign = memchr(text, '%', (size_t)(end - text))) != NULL) {
        buf_put(out, text, (size_t)(sign - text));
        put_value(out, sign[1], message);
        text = sign + 2;
    }
    buf_put(out, text, (size_t)(end - text));
}
