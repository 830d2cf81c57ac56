/* help: the options of a command as --help shows them: those of every day first, each explained;
 * then the others, in groups named for their purpose. All fit in two screens of a terminal. */
#ifndef SOCKKIT_CLI_HELP_H
#define SOCKKIT_CLI_HELP_H

#include "common/base/buf.h"
#include "common/cli/opt.h"

#define HELP_WIDTH ((size_t)80)
#define HELP_LINES ((size_t)48)

/* Puts at most `lines` lines, as long as the everyday options leave room for the names of all
 * others. Groups are explained, from the first on, where there are lines enough; of the others the
 * options are named. */
void help_put(struct buf *out, const struct opt_command *command, size_t lines);

#endif
