/* input: a fuzzer's input, taken piece by piece by a target that makes choices of it. Where nothing
 * is left each piece is empty and each choice 0. */
#ifndef SOCKKIT_FUZZ_INPUT_H
#define SOCKKIT_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const uint8_t *at;
    size_t left;
};

/* 0 to n - 1, n at most 256. */
static inline unsigned input_choice(struct input *in, unsigned n) {
    if (in->left == 0) return 0;
    in->left--;
    return *in->at++ % n;
}

/* At most `most` bytes; a byte in front says how many. */
static inline const char *input_piece(struct input *in, size_t most, size_t *n) {
    size_t wanted = input_choice(in, 256);
    if (wanted > most) wanted = most;
    *n = wanted < in->left ? wanted : in->left;
    const char *piece = (const char *)in->at;
    in->at += *n;
    in->left -= *n;
    return piece;
}

/* What is left up to a newline, or all of it, as a copy that ends with a NUL (free). */
static inline char *input_line(struct input *in) {
    const uint8_t *newline = in->left > 0 ? memchr(in->at, '\n', in->left) : NULL;
    size_t n = newline ? (size_t)(newline - in->at) : in->left, used = n + (newline != NULL);
    char *line = malloc(n + 1);
    if (!line) abort();
    if (n > 0) memcpy(line, in->at, n);
    line[n] = '\0';
    in->at += used;
    in->left -= used;
    return line;
}

#endif
