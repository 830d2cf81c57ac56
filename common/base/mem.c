#include "common/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/lang.h"

#define CAPACITY_LEAST 16

/* Writes to descriptor 2 by itself: stdio might allocate. */
_Noreturn static void out_of_memory(void) {
    const char *line = tr("sockkit: out of memory\n");
    ssize_t ignored = write(STDERR_FILENO, line, strlen(line));
    (void)ignored;
    _exit(1);
}

void *mem_new(size_t size) {
    /* calloc may answer a size of 0 with NULL, which is no failure. */
    void *memory = calloc(1, size > 0 ? size : 1);
    if (memory == NULL) out_of_memory();
    return memory;
}

void *mem_resize(void *old, size_t count, size_t size) {
    if (size > 0 && count > SIZE_MAX / size) out_of_memory();
    size_t total = count * size;
    void *memory = realloc(old, total > 0 ? total : 1);
    if (memory == NULL) out_of_memory();
    return memory;
}

void *mem_grow(void *array, size_t *capacity, size_t count, size_t size) {
    if (count <= *capacity) return array;
    *capacity = count / 2 > *capacity ? count : 2 * *capacity;
    if (*capacity < CAPACITY_LEAST) *capacity = CAPACITY_LEAST;
    return mem_resize(array, *capacity, size);
}

void *mem_keep(void *memory) {
    static void **kept;
    static size_t count, capacity;
    kept = mem_grow(kept, &capacity, count + 1, sizeof *kept);
    kept[count++] = memory;
    return memory;
}

char *mem_copy(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = mem_resize(NULL, size, 1);
    memcpy(copy, text, size);
    return copy;
}

char *mem_format(const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    if (length < 0) out_of_memory();
    size_t size = (size_t)length + 1;
    char *text = mem_resize(NULL, size, 1);
    vsnprintf(text, size, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}
