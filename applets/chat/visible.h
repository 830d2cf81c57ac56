/* visible: the characters that show something wherever they stand, and leave alone what stands
 * beside them: letters, numbers, punctuation and symbols (general categories L, N, P and S of
 * Unicode 14), in composed form (NFC). Not those: spaces, controls, combining marks, format
 * characters, Hangul vowels and finals, modifiers of emoji, letters and symbols that are blank (the
 * Hangul fillers, the Braille blank), private use, and what is not assigned. Pure. */
#ifndef SOCKKIT_CHAT_VISIBLE_H
#define SOCKKIT_CHAT_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>

bool visible_alone(uint32_t point);

#endif
