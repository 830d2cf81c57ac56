/* casemap: upper and lower case in every script that has them, whatever the locale: the simple
 * mappings of the Unicode Character Database, version 14.0 (one code point to one: "ß", whose upper
 * case is two letters, stays; a final sigma and the other one have the same upper case). Pure. */
#ifndef SOCKKIT_BASE_CASEMAP_H
#define SOCKKIT_BASE_CASEMAP_H

#include <stdint.h>

/* A code point that has no other case is returned as it is. In UTF-8 the result may be a byte
 * longer than the point, or one or two shorter. */
uint32_t casemap_upper(uint32_t point);
uint32_t casemap_lower(uint32_t point);

#endif
