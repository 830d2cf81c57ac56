#include "common/cli/texts.h"

#include <string.h>

#include "common/base/escape.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/vis.h"

int texts_decode(const struct texts_conf *c, const char *where, const char *text,
                 const char **bytes, size_t *size) {
    char shown[256], *decoded;
    *bytes = text;
    *size = strlen(text);
    if (!c->escapes) return 0;
    const char *why = escape_decode(text, &decoded, size);
    if (why) {
        msg_error("%s: %s: %s", where, vis_quote(text, strlen(text), 48, shown), why);
        return -1;
    }
    *bytes = mem_keep(decoded);
    return 0;
}
