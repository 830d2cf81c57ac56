/* letter: the two cases of a letter, in every script that has them and in any locale: the simple
 * mappings of the Unicode Character Database, version 14 (one code point to one: ß, which becomes
 * two letters, has no upper case here; a final ς and σ have the same one). Pure. */
#ifndef SOCKKIT_BASE_CASEMAP_H
#define SOCKKIT_BASE_CASEMAP_H

#include <stdint.h>

/* What has no other case is returned as it is. In UTF-8 it may take a byte more, or one or two
 * less, than before. */
uint32_t casemap_upper(uint32_t point);
uint32_t casemap_lower(uint32_t point);

#endif
