/* entropy: what nobody can foresee. */
#ifndef SOCKKIT_BASE_ENTROPY_H
#define SOCKKIT_BASE_ENTROPY_H

#include <stddef.h>

/* Fills the bytes, 256 at most, from getentropy(3); from /dev/urandom on a kernel that has no such
 * call (Linux before 3.17) or in a container that denies it. Returns 0, or -1 with errno. */
int entropy_fill(void *bytes, size_t size);

#endif
