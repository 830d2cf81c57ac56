#include "common/base/template.h"

#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/base/vis.h"

const char *template_check(const char *text) {
    static char wrong[80];
    while ((text = strchr(text, '%')) != NULL) {
        if (text[1] == '\0') return "a '%' stands at its end ('%%' is a percent sign)";
        if (strchr("mapt%", text[1]) == NULL) break;
        text += 2;
    }
    if (text == NULL) return NULL;

    uint32_t point;
    size_t size = 1 + utf8_next(text + 1, strlen(text + 1), &point);
    char quoted[2 * VIS_SHOWN];
    vis_quote(text, size, size, quoted);
    int inside = (int)strlen(quoted) - 2;
    snprintf(wrong, sizeof wrong, "unknown '%.*s' (%%m %%a %%p %%t %%%% are known)", inside,
             quoted + 1);
    return wrong;
}

const char *template_parse(void *field, const char *value) {
    *(const char **)field = value;
    return template_check(value);
}

void template_fill(struct buf *out, const char *text, const struct template_message *message) {
    for (;;) {
        char host[ADDR_TEXT], stamp[TEXT_STAMP];
        size_t plain = strcspn(text, "%");
        buf_put(out, text, plain);
        if (text[plain] == '\0') return;
        switch (text[plain + 1]) {
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
        text += plain + 2;
    }
}
