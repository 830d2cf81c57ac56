/* texts: the bytes that texts of the command line stand for: MESSAGE, --send and the like. */
#ifndef SOCKKIT_CLI_TEXTS_H
#define SOCKKIT_CLI_TEXTS_H

#include <stddef.h>

#include "common/cli/options.h"

/* The bytes of a text: as it is, or with --escapes what it stands for. They last as long as the
 * program. `where` names the text in an error ("--send"). Returns 0, or -1 after having told a
 * usage error. */
int texts_decode(const struct texts_conf *c, const char *where, const char *text,
                 const char **bytes, size_t *size);

#endif
