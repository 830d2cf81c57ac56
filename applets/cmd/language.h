/* language: the commands of sockkit-cmd(1): one line asks, one line answers. Its words are UPPER,
 * LOWER, REVERSE, LEN, ECHO (each with the text behind it, the rest of the line, which may be
 * empty), DATE, DATENOW, WHOAMI, HELP and QUIT, in either case. Text is UTF-8 in any locale; a byte
 * that is none stays as it is and is a character of its own. Pure. */
#ifndef SOCKKIT_CMD_LANGUAGE_H
#define SOCKKIT_CMD_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/base/buf.h"

/* Puts the answer to the line, `size` bytes without its ending, at the end of out: exactly one line
 * with its newline. `peer` is whom WHOAMI names, `now` the time of DATE and DATENOW. Returns
 * false for QUIT, which is answered like the others. */
bool language_answer(struct buf *out, const char *line, size_t size, const char *peer, time_t now);

#endif
