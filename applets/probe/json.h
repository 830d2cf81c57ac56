/* json: strings as RFC 8259 wants them. Pure. */
#ifndef SOCKKIT_PROBE_JSON_H
#define SOCKKIT_PROBE_JSON_H

#include <stddef.h>

#include "common/base/buf.h"

/* Puts the n bytes at s to the end of out, quoted and escaped. Bytes that are no UTF-8 become
 * U+FFFD. */
void json_string(struct buf *out, const char *s, size_t n);

#endif
