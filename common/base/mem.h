/* mem: allocation that does not fail. Out of memory ends the program (status 1).
 * What is returned is freed with free(3) by its owner. */
#ifndef SOCKKIT_BASE_MEM_H
#define SOCKKIT_BASE_MEM_H

#include <stddef.h>

/* The struct that holds `member`, which `pointer` points to. */
#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

void *mem_new(size_t size);                             /* zeroed */
void *mem_resize(void *old, size_t count, size_t size); /* count*size is checked for overflow */
char *mem_copy(const char *text);
char *mem_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What is meant to last as long as the program, as the configuration and what it points to: found
 * by whoever looks for leaks. Returns it. */
void *mem_keep(void *memory);

#endif
