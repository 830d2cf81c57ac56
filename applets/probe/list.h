/* list: targets from a file (--targets), a line each, read as they are needed: what the file holds
 * is never in memory as a whole, and a pipe may give its lines over time. */
#ifndef SOCKKIT_PROBE_LIST_H
#define SOCKKIT_PROBE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/line.h"
#include "common/base/msg.h"
#include "common/io/source.h"
#include "common/loop/loop.h"

struct list {
    void (*ready)(struct list *l); /* after LIST_LATER: ask again */
    const char *name;              /* as messages have it; NULL: there is no file */
    uint64_t number;               /* of the line given last, from 1 */
    /* private */
    struct source source;
    struct line line;
    char bytes[8192];
    const char *at;
    size_t left;
    bool readable, ended;
};

/* Opens FILE, or stdin for "-". 0, or -1 with a cause. `ready`, to be set then, is called from the
 * loop. */
int list_open(struct list *l, struct loop *loop, const char *file, struct cause *cause);
void list_close(struct list *l); /* also when it was never opened ({0}) */

enum list_next {
    LIST_TARGET,
    LIST_LATER, /* the next line has not come yet */
    LIST_END,
    LIST_FAILED, /* with a cause that names file and line */
};
/* The next TARGET [PORTS]; *ports is NULL where there are none. Both are valid until the next
 * call. */
enum list_next list_next(struct list *l, char **target, char **ports, struct cause *cause);

/* Takes a line of n bytes apart in place; a NUL stands behind it. A comment, blanks and CR are left
 * out. Returns how many words it has, 3 for more than 2. Pure. */
int list_split(char *text, size_t n, char *words[2]);

#endif
