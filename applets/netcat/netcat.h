/* netcat: what people type of netcat, ncat, socat and telnet, and how it is done here. */
#ifndef SOCKKIT_NETCAT_H
#define SOCKKIT_NETCAT_H

#include "common/cli/foreign.h"

/* For applet_parse. No applet is advised to use itself. */
extern const struct foreign_word netcat_words[];

/* What stands in place of an applet: tells how it is done here and returns -1, or 0 when the word
 * is of no other program. */
int netcat_command(const char *word);

#endif
