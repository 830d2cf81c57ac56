#include "common/cli/texts.h"

#include <string.h>

#include "common/base/escape.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/template.h"
#include "common/base/vis.h"

static int refuse(const char *where, const char *text, size_t size, const char *why) {
    char shown[256];
    msg_error("%s: %s: %s", where, vis_quote(text, size, 48, shown), tr(why));
    return -1;
}

int texts_decode(const struct texts_conf *c, const char *where, const char *text,
                 const char **bytes, size_t *size) {
    char *decoded;
    *bytes = text;
    *size = strlen(text);
    if (!c->escapes) return 0;
    const char *why = escape_decode(text, &decoded, size);
    if (why) return refuse(where, text, strlen(text), why);
    *bytes = mem_keep(decoded);
    return 0;
}

const struct text *texts_messages(const struct texts_conf *c, const struct call *call) {
    size_t count = (size_t)call->count;
    struct text *texts = mem_keep(mem_new((count + 1) * sizeof *texts));
    for (size_t i = 0; i < count; i++)
        if (texts_decode(c, "MESSAGE", call->operands[i], &texts[i].bytes, &texts[i].size) < 0)
            return NULL;
    return texts;
}

int texts_template(const struct texts_conf *c, const char *text, struct text *out) {
    if (!text) return 0;
    if (texts_decode(c, "--reply", text, &out->bytes, &out->size) < 0) return -1;
    const char *why = template_check(out->bytes, out->size);
    return why ? refuse("--reply", out->bytes, out->size, why) : 0;
}
