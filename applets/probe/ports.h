/* ports: PORTS as people write them: "22,80,8000-8100,http". */
#ifndef SOCKKIT_PROBE_PORTS_H
#define SOCKKIT_PROBE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port_range {
    uint16_t first, last; /* first <= last; 0 where there are no ports */
    bool single;          /* written as one port, not as FIRST-LAST */
};

/* In the order written; what is named twice stands there twice. {0} is empty. */
struct port_list {
    struct port_range *items;
    size_t count;
};

/* Turns a service's name (or a number) into a port: NULL, or what is wrong in words that last. */
typedef const char *ports_look_up(void *ctx, const char *name, uint16_t *port);

/* Parses the whole of text into *out, which the caller frees (ports_free). Returns NULL, or what is
 * wrong in words that last, and then *out is empty. */
const char *ports_parse(const char *text, ports_look_up *look_up, void *ctx, struct port_list *out);
void ports_free(struct port_list *list);
void ports_copy(struct port_list *out, const struct port_list *from);
/* A list of a single port 0: of what has no ports. */
void ports_none(struct port_list *out);

/* True for ports where a host might stand as well: digits, commas and dashes that begin with a
 * digit, or a list. */
bool ports_only(const char *text);

bool ports_equal(const struct port_list *a, const struct port_list *b);

#endif
