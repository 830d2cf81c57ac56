/* width: how many columns of a terminal a character takes (UAX #11). Pure. */
#ifndef SOCKKIT_BASE_WIDTH_H
#define SOCKKIT_BASE_WIDTH_H

#include <stdint.h>

/* 0 (combining, format), 1 (the soft hyphen too), or 2 (East Asian wide, emoji); -1 for a control.
 * UTF8_INVALID, which one character is shown for, has 1. */
int width_of(uint32_t point);

#endif
