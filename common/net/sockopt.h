/* sockopt: -O NAME=VALUE: socket options by the names that people know, from one table. socket(7),
 * tcp(7), ip(7), ipv6(7). */
#ifndef SOCKKIT_NET_SOCKOPT_H
#define SOCKKIT_NET_SOCKOPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/msg.h"

struct sockopt_row;

struct sockopt {
    const struct sockopt_row *row;
    int number;
    const char *text; /* for those whose value is a word (interface) */
};

/* What the command line asked for, in order. {0} is empty. */
struct sockopt_list {
    struct sockopt *items;
    size_t count;
    bool help; /* -O help */
};

/* An opt_row's `parse`: field is a struct sockopt_list. */
const char *sockopt_parse(void *field, const char *value);

/* Sets them on a new socket, before bind(2) or connect(2). -1 with a cause that names the
 * option. */
int sockopt_apply(const struct sockopt_list *list, int fd, int family, struct cause *cause);

/* Sets an option by its name ("nodelay") where the list does not set it itself, and lets a refusal
 * pass: the program works without it. */
void sockopt_default(const struct sockopt_list *list, int fd, const char *name, int value);

/* True when the list sets this option itself ("rcvbuf"). */
bool sockopt_given(const struct sockopt_list *list, const char *name);

/* The table with its units, to stdout (-O help), and the names alone, blank-separated (for
 * completions). */
void sockopt_help(void);
void sockopt_names(void);

#endif
