#include "common/base/addrs.h"

#include <stdlib.h>

#include "common/base/mem.h"

void addrs_add(struct addrs *list, const struct addr *a) {
    for (size_t i = 0; i < list->count; i++)
        if (addr_equal(&list->items[i], a)) return;
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = *a;
}

void addrs_free(struct addrs *list) {
    free(list->items);
    *list = (struct addrs){NULL, 0};
}
