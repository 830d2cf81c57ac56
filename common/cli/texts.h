/* texts: the bytes that texts of the command line stand for: MESSAGE, --send and the like. */
#ifndef SOCKKIT_CLI_TEXTS_H
#define SOCKKIT_CLI_TEXTS_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/cli/applet.h"

struct text {
    const char *bytes; /* a NUL among them where --escapes says so */
    size_t size;
};

/* The bytes of a text: as it is, or with --escapes what it stands for. They last as long as the
 * program. `where` names the text in an error ("--send"). Returns 0, or -1 after having told a
 * usage error. */
int texts_decode(const struct texts_conf *c, const char *where, const char *text,
                 const char **bytes, size_t *size);

/* The bytes of all operands, call->count of them, which last as long as the program. NULL after
 * having told a usage error. */
const struct text *texts_messages(const struct texts_conf *c, const struct call *call);

/* Those of a --reply TEMPLATE, checked (template.h); NULL: none, out is left alone. Returns 0, or
 * -1 after having told a usage error. */
int texts_template(const struct texts_conf *c, const char *text, struct text *out);

#endif
