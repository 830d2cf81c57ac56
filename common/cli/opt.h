/* opt: option tables. One row states an option once; from it come getopt_long's arguments, --help,
 * usage errors and the dump that completions are written from. A row stores into the applet's
 * configuration, a plain struct; groups of rows that several applets share carry offsets into a
 * struct of their own that the configuration embeds. */
#ifndef SOCKKIT_CLI_OPT_H
#define SOCKKIT_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cli/foreign.h"

enum opt_kind {
    OPT_FLAG,    /* bool: set to true */
    OPT_COUNT,   /* int: one more each time */
    OPT_INTEGER, /* int64_t, min..max */
    OPT_TIME,    /* int64_t nanoseconds, min..max */
    OPT_SIZE,    /* uint64_t bytes, min..max */
    OPT_STRING,  /* const char *: into argv */
    OPT_CUSTOM,  /* whatever `parse` stores; the row's offset says where */
};

enum {
    OPT_EMPTY_OK = 1, /* the empty string is a value */
    OPT_INF_OK = 2,   /* OPT_TIME: "inf" is INT64_MAX */
    OPT_EVERYDAY = 4, /* --help shows it first */
};

struct opt_row {
    const char *name;    /* the long one */
    const char *metavar; /* NULL for flags and counts */
    const char *help;    /* one line, no full stop */

    union {
        int64_t max; /* of a number; 0, and min 0: whatever the type holds and is not negative */
        /* OPT_CUSTOM: stores the value at `field` and returns NULL, or returns what is wrong with
         * it. */
        const char *(*parse)(void *field, const char *value);
    };

    const char *excludes; /* long names, blank-separated, that cannot stand with it */
    /* what a completion offers: words, or "@file" "@host" "@service" "@interface" "@sockopt" */
    const char *values;
    unsigned min : 24;  /* of a number */
    unsigned kind : 4;  /* enum opt_kind */
    unsigned flags : 4; /* OPT_EMPTY_OK and the like */
    uint16_t offset;    /* into the group's struct */
    char letter;        /* 0: none */
};

/* A row: OPT("name", 'letter' or 0, kind, conf struct, field, .help = "..." and what else it
 * has). */
#define OPT(long_name, short_letter, option_kind, conf, field, ...)           \
    {                                                                         \
        .name = (long_name), .letter = (short_letter), .kind = (option_kind), \
        .offset = offsetof(struct conf, field), __VA_ARGS__                   \
    }
#define OPT_END \
    { .name = NULL }

/* Rows end with OPT_END. Groups of an applet end with one whose rows are NULL. Groups of the same
 * title that follow each other are shown as one, so that rows of an applet's own can stand with
 * those of its kind. A row takes the place of any of the same name in a later group: so an applet
 * gives a shared option a meaning of its own. */
struct opt_group {
    const char *title;
    const struct opt_row *rows;
    size_t offset; /* of the group's struct in the configuration */
};

/* Everything opt needs to know of a command. */
struct opt_command {
    const char *name;
    const struct opt_group *groups;
    const struct foreign_word *foreign; /* of other programs; may be NULL */
};

/* Parses argv (argv[0] is the applet) into conf; options may follow operands, "--" ends them.
 * Returns how many operands there are and moves them to argv[1..]; *before (where not NULL) is how
 * many of them stood before a "--". Errors are told (one line) and give -1. getopt_long(3), so long
 * options may be shortened; one behind a single dash is an error. */
int opt_parse(const struct opt_command *command, void *conf, int argc, char **argv, int *before);

/* True when a group before its own has a row of the same name, which takes its place. */
bool opt_replaced(const struct opt_command *command, const struct opt_group *its,
                  const struct opt_row *row);

/* One line an option, tab-separated: applet, --long, -s or empty, metavar or empty, values or
 * empty, help. To stdout. */
void opt_dump(const struct opt_command *command);

#endif
