/* name: what the members of a chat room may be called. Pure. */
#ifndef SOCKKIT_CHAT_NAME_H
#define SOCKKIT_CHAT_NAME_H

#include <stddef.h>

#define NAME_MOST 32                   /* characters */
#define NAME_BYTES (4 * NAME_MOST + 1) /* and a terminator */

/* NULL: a name; else what is wrong with it, in words. 1 to 32 characters, each of them visible
 * (visible.h), no parentheses. */
const char *name_fault(const char *name, size_t size);

/* For option rows (struct opt_row): stores the value, which is a name, at `field`, a const char *.
 * Returns what is wrong with it. */
const char *name_parse(void *field, const char *value);

/* The same text for names that differ in the case of letters alone. The name has passed
 * name_fault. */
void name_key(const char *name, size_t size, char key[NAME_BYTES]);

#endif
