#include "common/base/addrs.h"

#include <stdlib.h>

#include "common/base/mem.h"

void addrs_add(struct addrs *list, const struct addr *a) {
    for (size_t i = 0; i < list->count; i++)
        if (addr_equal(&list->items[i], a)) return;
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = *a;
}

const struct addr *addrs_of_family(const struct addrs *list, int family) {
    for (size_t i = 0; i < list->count; i++)
        if (addr_family(&list->items[i]) == family) return &list->items[i];
    return NULL;
}

void addrs_keep_families(struct addrs *list, const struct addrs *model) {
    size_t kept = 0;
    if (model->count == 0) return;
    for (size_t i = 0; i < list->count; i++)
        if (addrs_of_family(model, addr_family(&list->items[i])))
            list->items[kept++] = list->items[i];
    list->count = kept;
}

void addrs_interleave(struct addrs *list) {
    if (list->count == 0) return;
    struct addr *mixed = mem_resize(NULL, list->count, sizeof *mixed);
    size_t next[2] = {0, 0}, count = 0;
    int first = addr_family(&list->items[0]);
    while (count < list->count)
        for (int turn = 0; turn < 2; turn++) {
            size_t *i = &next[turn];
            while (*i < list->count && (addr_family(&list->items[*i]) == first) != (turn == 0))
                ++*i;
            if (*i < list->count) mixed[count++] = list->items[(*i)++];
        }
    free(list->items);
    list->items = mixed;
}

void addrs_free(struct addrs *list) {
    free(list->items);
    *list = (struct addrs){NULL, 0};
}
