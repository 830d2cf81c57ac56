#include "common/cli/opt.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/base/vis.h"

#define ROWS_MOST 64    /* of one applet */
#define OPTION_SHOWN 64 /* the most bytes of an option that an error shows */

/* A row met while walking through all groups, with its place in the configuration. */
struct slot {
    const struct opt_row *row;
    size_t offset;
    bool seen;
};

/* The rows of a command in one array, and what getopt_long wants to know of them. */
struct table {
    const struct opt_command *command;
    struct slot slots[ROWS_MOST];
    struct option longs[ROWS_MOST + 1];
    char shorts[2 * ROWS_MOST + 3];
    int count;
    char typed[OPTION_SHOWN]; /* the option that was read last, without its value */
};

/* getopt_long returns ROW_BASE and the index of a long option's row: more than any letter. */
#define ROW_BASE 1000

static bool takes_value(const struct opt_row *row) { return row->metavar != NULL; }

bool opt_replaced(const struct opt_command *command, const struct opt_group *its,
                  const struct opt_row *row) {
    for (const struct opt_group *g = command->groups; g < its; g++)
        for (const struct opt_row *other = g->rows; other->name; other++)
            if (!strcmp(other->name, row->name)) return true;
    return false;
}

static void table_fill(struct table *t, const struct opt_command *command) {
    const struct opt_group *groups = command->groups;
    /* cppcheck-suppress ctuuninitvar ; only the address of an array in it is taken */
    char *shorts = t->shorts;
    t->command = command;
    t->count = 0;
    t->typed[0] = 0;
    *shorts++ = '-';
    *shorts++ = ':';
    for (const struct opt_group *g = groups; g->rows; g++)
        for (const struct opt_row *row = g->rows; row->name; row++) {
            if (opt_replaced(command, g, row)) continue;
            assert(t->count < ROWS_MOST);
            t->slots[t->count] = (struct slot){row, g->offset + row->offset, false};
            t->longs[t->count] =
                (struct option){row->name, takes_value(row), NULL, ROW_BASE + t->count};
            t->count++;
            if (!row->letter) continue;
            *shorts++ = row->letter;
            if (takes_value(row)) *shorts++ = ':';
        }
    t->longs[t->count] = (struct option){0};
    *shorts = 0;
}

static struct slot *slot_named(struct table *t, const char *name, size_t size) {
    for (int i = 0; i < t->count; i++)
        if (strlen(t->slots[i].row->name) == size && !strncmp(t->slots[i].row->name, name, size))
            return &t->slots[i];
    return NULL;
}

static struct slot *slot_lettered(struct table *t, int letter) {
    for (int i = 0; i < t->count; i++)
        if (t->slots[i].row->letter && t->slots[i].row->letter == letter) return &t->slots[i];
    return NULL;
}

/* --- values --- */

static int refuse(const struct opt_row *row, const char *value, const char *why) {
    char shown[256];
    if (!value) {
        msg_error("--%s: %s", row->name, tr(why));
        return -1;
    }
    vis_quote(value, strlen(value), 48, shown);
    msg_error("--%s: %s: %s", row->name, shown, tr(why));
    return -1;
}

static int refuse_range(const struct opt_row *row, const char *value) {
    char why[128], low[TEXT_SHORT], high[TEXT_SHORT];
    if (row->kind == OPT_TIME && row->min > 0)
        return refuse(row, value, "out of range (more than 0, 2562047h at most)");
    else if (row->kind == OPT_SIZE)
        snprintf(why, sizeof why, tr("out of range (%s to %s)"),
                 text_bytes((uint64_t)row->min, low), text_bytes((uint64_t)row->max, high));
    else if (row->kind == OPT_INTEGER && row->max && row->max != INT64_MAX)
        snprintf(why, sizeof why, tr("out of range (%lld to %lld)"), (long long)row->min,
                 (long long)row->max);
    else if (row->kind == OPT_INTEGER)
        snprintf(why, sizeof why, tr("out of range (%lld or more)"), (long long)row->min);
    else
        return refuse(row, value, "out of range");
    return refuse(row, value, why);
}

static int malformed(const struct opt_row *row, const char *value) {
    if (errno == ERANGE) return refuse_range(row, value);
    return refuse(row, value,
                  row->kind == OPT_TIME   ? "not a time (such as 500ms, 2, 1.5s, 2m or 1h)"
                  : row->kind == OPT_SIZE ? "not a size (such as 4096, 64K, 1M or 2G)"
                                          : "not a number");
}

static int store_number(const struct opt_row *row, void *field, const char *value) {
    int64_t number = 0;
    uint64_t size = 0;
    int64_t max = row->max || row->min ? row->max : INT64_MAX;
    int result = row->kind == OPT_TIME   ? text_time(value, &number)
                 : row->kind == OPT_SIZE ? text_size(value, &size)
                                         : text_number(value, &number);
    if (row->kind == OPT_TIME && (row->flags & OPT_INF_OK) && !strcmp(value, "inf")) {
        number = INT64_MAX;
        result = 0;
    }
    if (result < 0) return malformed(row, value);
    if (row->kind == OPT_SIZE) {
        if (size > (uint64_t)max || size < (uint64_t)row->min) return refuse_range(row, value);
        *(uint64_t *)field = size;
        return 0;
    }
    if (number < row->min || number > max) return refuse_range(row, value);
    *(int64_t *)field = number;
    return 0;
}

static int store(const struct slot *slot, void *conf, const char *value) {
    const struct opt_row *row = slot->row;
    void *field = (char *)conf + slot->offset;
    const char *why;
    if (value && !*value && !(row->flags & OPT_EMPTY_OK))
        return refuse(row, value, "an empty value means nothing here");
    switch (row->kind) {
    case OPT_FLAG:
        *(bool *)field = true;
        return 0;
    case OPT_COUNT:
        ++*(int *)field;
        return 0;
    case OPT_STRING:
        *(const char **)field = value;
        return 0;
    case OPT_CUSTOM:
        why = row->parse(field, value);
        return why ? refuse(row, value, why) : 0;
    default:
        return store_number(row, field, value);
    }
}

/* --- what getopt_long did not understand --- */

/* The bytes of an option, made harmless. Returns out. */
static const char *shown_option(const char *option, char out[5 * OPTION_SHOWN]) {
    vis_quote(option, strlen(option), OPTION_SHOWN, out);
    out[strlen(out) - 1] = 0; /* without the quotes */
    return out + 1;
}

static int unknown_option(const struct table *t, const char *option, const char *nearest) {
    char room[5 * OPTION_SHOWN];
    const char *shown = shown_option(option, room);
    if (nearest)
        msg_error("unknown option '%s' (did you mean '--%s'?)", shown, nearest);
    else
        msg_error("unknown option '%s' (see sockkit %s --help)", shown, t->command->name);
    return -1;
}

/* A digit may be the value of the flag before it: -q1 and -q -1 are quiet and one second to
 * netcat. */
static int unknown_letter(const struct table *t, int letter) {
    const struct opt_command *command = t->command;
    const char option[3] = {'-', (char)letter, 0};
    if (foreign_option(command->foreign, command->name, option)) return -1;
    if (foreign_value(command->foreign, command->name, t->typed, option + 1, NULL)) return -1;
    return unknown_option(t, option, NULL);
}

static void copy_option(const char *arg, char out[OPTION_SHOWN]) {
    snprintf(out, OPTION_SHOWN, "%.*s", (int)strcspn(arg, "="), arg);
}

/* How many long options begin with the word, which may be one of them; *last is the last. */
static int count_like(const struct table *t, const char *word, const char **last) {
    int like = 0;
    for (int i = 0; i < t->count; i++) {
        const char *name = t->slots[i].row->name;
        if (strncmp(name, word, strlen(word)) != 0) continue;
        *last = name;
        like++;
        if (strlen(name) == strlen(word)) return 1;
    }
    return like;
}

static int unknown_long(const struct table *t, const char *arg) {
    char option[OPTION_SHOWN], shown[5 * OPTION_SHOWN];
    const char *names[ROWS_MOST + 1] = {NULL}, *like;
    copy_option(arg, option);
    if (foreign_option(t->command->foreign, t->command->name, option)) return -1;
    for (int i = 0; i < t->count; i++) names[i] = t->slots[i].row->name;
    if (count_like(t, option + 2, &like) < 2)
        return unknown_option(t, option, text_nearest(option + 2, names));
    msg_error("option '%s' is ambiguous (see sockkit %s --help)", shown_option(option, shown),
              t->command->name);
    return -1;
}

/* getopt_long reports a long option that takes no value, but got one, as unknown with optopt
 * set. */
static int not_understood(struct table *t, const char *arg) {
    if (!strncmp(arg, "--", 2) && arg[2]) {
        size_t size = strcspn(arg + 2, "=");
        const struct slot *slot = slot_named(t, arg + 2, size);
        if (optopt >= ROW_BASE && optopt < ROW_BASE + t->count) slot = &t->slots[optopt - ROW_BASE];
        if (slot) {
            msg_error("--%s takes no value", slot->row->name);
            return -1;
        }
        return unknown_long(t, arg);
    }
    return unknown_letter(t, optopt);
}

static struct slot *slot_of(struct table *t, int value) {
    return value >= ROW_BASE ? &t->slots[value - ROW_BASE] : slot_lettered(t, value);
}

static int missing_value(struct table *t) {
    const struct slot *slot = slot_of(t, optopt);
    msg_error("--%s needs a value: --%s %s", slot->row->name, slot->row->name,
              tr(slot->row->metavar));
    return -1;
}

static int check_exclusions(struct table *t) {
    for (int i = 0; i < t->count; i++) {
        const char *name = t->slots[i].row->excludes;
        if (!t->slots[i].seen || !name) continue;
        while (*name) {
            size_t size = strcspn(name, " ");
            const struct slot *other = slot_named(t, name, size);
            if (other && other->seen) {
                msg_error("--%s and --%.*s exclude each other", t->slots[i].row->name, (int)size,
                          name);
                return -1;
            }
            name += size + strspn(name + size, " ");
        }
    }
    return 0;
}

/* --- the whole --- */

#define LEAST_SHORTENED 4 /* letters: -verb is no cluster of -v -e -r -b */

/* Refuses a long option behind one dash, which would be taken for a cluster of letters: -verbose
 * for -v -e rbose. */
static int check_dash(const struct table *t, const char *arg) {
    char option[OPTION_SHOWN];
    const char *name;
    if (!arg || arg[0] != '-' || !arg[1] || arg[1] == '-') return 0;
    copy_option(arg, option);
    bool shortened = strlen(option + 1) >= LEAST_SHORTENED;
    if (count_like(t, option + 1, &name) != 1) return 0;
    return shortened || !strcmp(name, option + 1) ? unknown_option(t, option, name) : 0;
}

/* An option that was read: `value` is what getopt_long returned for the argument. */
static int take_option(struct table *t, void *conf, int value, const char *arg) {
    const struct opt_command *command = t->command;
    const char letter[3] = {'-', (char)value, 0};
    struct slot *slot = slot_of(t, value);
    copy_option(value < ROW_BASE ? letter : arg, t->typed);
    slot->seen = true;
    if (optarg && foreign_value(command->foreign, command->name, t->typed, optarg, NULL)) return -1;
    if (store(slot, conf, optarg) < 0) return -1;
    if (optarg) t->typed[0] = 0;
    return 0;
}

/* An operand right behind a flag may be what another program takes for the flag's value. */
static int take_operand(struct table *t, char **argv, int operands) {
    const struct opt_command *command = t->command;
    const char *before = operands > 0 ? argv[operands] : NULL;
    if (t->typed[0] && foreign_value(command->foreign, command->name, t->typed, optarg, before))
        return -1;
    argv[operands + 1] = optarg;
    t->typed[0] = 0;
    return 0;
}

/* Because of the '-' that shorts begins with, getopt_long returns operands in order, as value 1.
 * They are moved to the front of argv, to places that getopt_long has read already. */
static int parse_all(struct table *t, void *conf, int argc, char **argv, int *before) {
    int operands = 0, last = 0;
    optind = 0; /* makes getopt_long of glibc and musl begin anew */
    opterr = 0;
    for (;;) {
        int here = optind > 0 ? optind : 1;
        if (here > last && here < argc && check_dash(t, argv[here]) < 0) return -1;
        last = here;
        int value = getopt_long(argc, argv, t->shorts, t->longs, NULL);
        if (value == -1) break;
        if (value == ':') return missing_value(t);
        if (value == '?') return not_understood(t, argv[optind > here ? optind - 1 : here]);
        if (value != 1 && take_option(t, conf, value, argv[here]) < 0) return -1;
        if (value == 1 && take_operand(t, argv, operands++) < 0) return -1;
    }
    if (before) *before = operands;
    while (optind < argc) argv[++operands] = argv[optind++];
    return check_exclusions(t) < 0 ? -1 : operands;
}

int opt_parse(const struct opt_command *command, void *conf, int argc, char **argv, int *before) {
    struct table t;
    table_fill(&t, command);
    return parse_all(&t, conf, argc, argv, before);
}

/* --- the whole table --- */

void opt_dump(const struct opt_command *command) {
    for (const struct opt_group *g = command->groups; g->rows; g++)
        for (const struct opt_row *row = g->rows; row->name; row++) {
            if (opt_replaced(command, g, row)) continue;
            printf("%s\t--%s\t%s%.*s\t%s\t%s\t%s\n", command->name, row->name,
                   row->letter ? "-" : "", row->letter ? 1 : 0, &row->letter,
                   row->metavar ? row->metavar : "", row->values ? row->values : "", row->help);
        }
}
