/* grapheme: what a person takes for one character, and the columns that a terminal gives it. A
 * letter and the marks on it, a flag's two letters, an emoji and its skin tone, and emoji joined by
 * U+200D are one (UAX #29, extended grapheme clusters, of which only these rules are kept). Pure.
 */
#ifndef SOCKKIT_BASE_GRAPHEME_H
#define SOCKKIT_BASE_GRAPHEME_H

#include <stddef.h>

/* What has more code points than any language needs is taken for several (UAX #15, D3). */
#define GRAPHEME_POINTS 32
#define GRAPHEME_MOST ((size_t)4 * GRAPHEME_POINTS) /* bytes */

/* How many of the n >= 1 bytes at s their first character takes. *columns: its width, 0 where marks
 * stand alone; -1: a control, a bidirectional control or a byte that is no UTF-8, which is never
 * part of another. */
size_t grapheme_next(const char *s, size_t n, int *columns);

/* Where the last character of the n bytes at s begins; 0 when there is none. Looks back at most
 * twice GRAPHEME_MOST. */
size_t grapheme_last(const char *s, size_t n);

#endif
