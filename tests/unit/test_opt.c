#include "common/cli/opt.h"

#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

struct conf {
    bool own, shared, last;
};

static const struct opt_row own[] = {
    OPT("own", 'o', OPT_FLAG, conf, own, .help = "of the applet"),
    OPT_END,
};
static const struct opt_row shared[] = {
    OPT("shared", 0, OPT_FLAG, conf, shared, .help = "of its kind"),
    OPT("own", 0, OPT_FLAG, conf, shared, .help = "replaced"),
    OPT_END,
};
static const struct opt_row last[] = {
    OPT("last", 0, OPT_FLAG, conf, last, .help = "of all"),
    OPT_END,
};

/* What opt_help prints. */
static const char *help_of(const struct opt_group *groups) {
    static char text[1024];
    char path[] = "/tmp/sockkit-opt.XXXXXX";
    struct opt_command command = {.name = "test", .groups = groups};
    int file = mkstemp(path), out = dup(STDOUT_FILENO);
    fflush(stdout);
    CHECK(file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    opt_help(&command);
    fflush(stdout);
    CHECK(dup2(out, STDOUT_FILENO) >= 0);
    ssize_t n = pread(file, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    close(file);
    close(out);
    unlink(path);
    return text;
}

static void groups_of_one_title(void) {
    static const struct opt_group groups[] = {
        {"Options", own, 0}, {"Options", shared, 0}, {"All", last, 0}, {NULL, NULL, 0}};
    CHECK_TEXT(help_of(groups), "\nOptions:\n"
                                "  -o, --own                 of the applet\n"
                                "      --shared              of its kind\n"
                                "\nAll:\n"
                                "      --last                of all\n");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"groups of one title stand under one heading, a row in place of its namesake",
         groups_of_one_title},
    };
    return UNIT_RUN(tests);
}
