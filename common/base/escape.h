/* escape: the texts of a command line with --escapes: what a backslash stands for in C. Pure. */
#ifndef SOCKKIT_BASE_ESCAPE_H
#define SOCKKIT_BASE_ESCAPE_H

#include <stddef.h>

/* Turns \r \n \t \0 \\ and \xNN (NN: exactly two hexadecimal digits) into the bytes that they stand
 * for; a digit behind \0 is text. Returns NULL, and *out has the bytes, *size of them and a NUL
 * behind them that is not counted; it is the caller's (free). Or returns what is wrong with the
 * text, in static words, and leaves both alone. */
const char *escape_decode(const char *text, char **out, size_t *size);

#endif
