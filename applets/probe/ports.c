#include "applets/probe/ports.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/addr.h"
#include "common/base/mem.h"

#define MOST_RANGES 65536
#define NAME_ROOM 64

static const char out_of_range[] = "out of range (1 to 65535)";

static bool all_digits(const char *text) {
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* FIRST-LAST; a service's name may have dashes too. */
static bool is_range(const char *item) {
    size_t digits = strspn(item, "0123456789");
    return digits > 0 && item[digits] == '-';
}

static const char *parse_number(const char *text, uint16_t *port) {
    if (!all_digits(text)) return "a range is two numbers (FIRST-LAST)";
    return addr_port_number(text, port) && *port ? NULL : out_of_range;
}

static const char *parse_range(char *item, struct port_range *range) {
    char *dash = strchr(item, '-');
    *dash = '\0';
    const char *why = parse_number(item, &range->first);
    if (!why) why = parse_number(dash + 1, &range->last);
    if (why) return why;
    return range->first <= range->last ? NULL : "the range ends before it begins";
}

static const char *parse_item(char *item, ports_look_up *look_up, void *ctx,
                              struct port_range *range) {
    *range = (struct port_range){0};
    if (!*item) return "a port is missing";
    if (is_range(item)) return parse_range(item, range);
    range->single = true;
    const char *why =
        all_digits(item) ? parse_number(item, &range->first) : look_up(ctx, item, &range->first);
    range->last = range->first;
    return why;
}

static const char *add(struct port_list *list, const char *text, size_t size,
                       ports_look_up *look_up, void *ctx) {
    char item[NAME_ROOM];
    if (size >= sizeof item) return "too long for a port";
    if (list->count == MOST_RANGES) return "too many ports";
    memcpy(item, text, size);
    item[size] = '\0';
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    const char *why = parse_item(item, look_up, ctx, &list->items[list->count]);
    if (!why) list->count++;
    return why;
}

const char *ports_parse(const char *text, ports_look_up *look_up, void *ctx,
                        struct port_list *out) {
    const char *why = NULL;
    *out = (struct port_list){NULL, 0};
    for (bool more = true; more && !why;) {
        size_t size = strcspn(text, ",");
        why = add(out, text, size, look_up, ctx);
        more = text[size] == ',';
        text += size + more;
    }
    if (why) ports_free(out);
    return why;
}

void ports_free(struct port_list *list) {
    free(list->items);
    *list = (struct port_list){NULL, 0};
}

void ports_copy(struct port_list *out, const struct port_list *from) {
    out->count = from->count;
    out->items = mem_resize(NULL, from->count, sizeof *out->items);
    if (from->count > 0) memcpy(out->items, from->items, from->count * sizeof *out->items);
}

void ports_none(struct port_list *out) {
    static struct port_range none = {.single = true};
    ports_copy(out, &(struct port_list){&none, 1});
}

bool ports_only(const char *text) {
    bool numbers = *text >= '0' && *text <= '9' && strspn(text, "0123456789,-") == strlen(text);
    /* no host's name has a comma; the path of a socket may */
    return numbers || (strchr(text, ',') && !strpbrk(text, ":/"));
}

bool ports_equal(const struct port_list *a, const struct port_list *b) {
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        const struct port_range *x = &a->items[i], *y = &b->items[i];
        equal = x->first == y->first && x->last == y->last && x->single == y->single;
    }
    return equal;
}
