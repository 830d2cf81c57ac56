/* utf8: code points as bytes and back (RFC 3629). Pure. */
#ifndef SOCKKIT_BASE_UTF8_H
#define SOCKKIT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one code point from the n >= 1 bytes at s. Returns its length, 1 to 4, and stores it;
 * 0 when the bytes can only be the beginning of one (more are needed); -1 when the first byte
 * begins none (overlong forms, surrogates and anything above U+10FFFF included). */
int utf8_decode(const char *s, size_t n, uint32_t *point);

/* The character that the n >= 1 bytes at s begin with: its length, and its code point. A byte that
 * begins none, or one that is cut off by the end, is a character of its own: UTF8_INVALID, 1 long.
 */
#define UTF8_INVALID UINT32_MAX
size_t utf8_next(const char *s, size_t n, uint32_t *point);

/* Writes a valid code point as UTF-8 and returns its length, 1 to 4. */
size_t utf8_encode(uint32_t point, char out[4]);

/* Bidirectional overrides, embeddings and isolates (U+202A-202E, U+2066-2069). */
bool utf8_is_bidi(uint32_t point);

#endif
