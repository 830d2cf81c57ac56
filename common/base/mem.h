/* mem: allocation that does not fail. Out of memory ends the program (status 1).
 * What is returned is freed with free(3) by its owner. */
#ifndef SOCKKIT_BASE_MEM_H
#define SOCKKIT_BASE_MEM_H

#include <assert.h>
#include <stddef.h>

/* The struct that holds `member`, which `pointer` points to. */
#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* The size of a struct that must begin with `member`, because a pointer to the one is taken for a
 * pointer to the other; otherwise it does not compile. */
#define size_led_by(type, member)                                         \
    (sizeof(type) + 0 * sizeof(struct {                                   \
                        static_assert(offsetof(type, member) == 0,        \
                                      #type " begins with its " #member); \
                        char any;                                         \
                    }))

void *mem_new(size_t size); /* zeroed */

/* realloc(3) to `count` items of `size` bytes; the product is checked for overflow. */
void *mem_resize(void *old, size_t count, size_t size);

/* Enlarges an array of *capacity items of `size` bytes, at least doubling it, so that it holds
 * `count`; one that does already is returned as it is. {NULL, 0} is an empty one. */
void *mem_grow(void *array, size_t *capacity, size_t count, size_t size);

char *mem_copy(const char *text);
char *mem_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Takes over what lasts as long as the program (the configuration and all it points to), so that a
 * leak checker finds it reachable. Returns it. */
void *mem_keep(void *memory);

#endif
