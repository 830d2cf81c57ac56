#include "common/cli/help.h"

#include "unit.h"

struct conf {
    bool own, shared, last;
};

static const struct opt_row own[] = {
    OPT("own", 'o', OPT_FLAG, conf, own, .help = "of the applet"),
    OPT("daily", 'd', OPT_FLAG, conf, own, .help = "what everybody needs", .flags = OPT_EVERYDAY),
    OPT_END,
};
static const struct opt_row shared[] = {
    OPT("shared", 0, OPT_STRING, conf, shared, .metavar = "TEXT", .help = "of its kind"),
    OPT("own", 0, OPT_FLAG, conf, shared, .help = "replaced"),
    OPT_END,
};
static const struct opt_row last[] = {
    OPT("last", 0, OPT_FLAG, conf, last, .help = "of all"),
    OPT("daily", 0, OPT_FLAG, conf, last, .help = "replaced", .flags = OPT_EVERYDAY),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Kind", own, 0}, {"Kind", shared, 0}, {"All", last, 0}, {NULL, NULL, 0}};

#define EVERYDAY            \
    "\nEveryday options:\n" \
    "  -d, --daily               what everybody needs\n"

static void check(size_t lines, const char *expected) {
    const struct opt_command command = {.name = "test", .groups = groups};
    struct buf text = {0};
    help_put(&text, &command, lines);
    buf_put(&text, "", 1);
    CHECK_TEXT(buf_at(&text), expected);
    buf_free(&text);
}

static void groups_of_one_title(void) {
    check(24, EVERYDAY "\nKind:\n"
                       "  -o, --own                 of the applet\n"
                       "      --shared TEXT         of its kind\n"
                       "\nAll:\n"
                       "      --last                of all\n");
}

static void few_lines(void) {
    check(0, EVERYDAY "\nMore, explained in the manual:\n"
                      "  Kind         -o, --own  --shared TEXT\n"
                      "  All          --last\n");
}

/* 3 for those of every day, 2 above the names, 4 for the first group, 1 for the other. */
static void some_lines(void) {
    check(10, EVERYDAY "\nKind:\n"
                       "  -o, --own                 of the applet\n"
                       "      --shared TEXT         of its kind\n"
                       "\nMore, explained in the manual:\n"
                       "  All          --last\n");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"groups of one title stand under one heading, a row in place of its namesake",
         groups_of_one_title},
        {"where there is no room, options are named by their groups", few_lines},
        {"groups are explained from the first on, as far as there is room", some_lines},
    };
    return UNIT_RUN(tests);
}
