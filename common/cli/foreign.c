#include "common/cli/foreign.h"

#include <string.h>

#include "common/base/lang.h"
#include "common/base/msg.h"
#include "common/base/vis.h"

static bool is_for(const struct foreign_word *w, const char *command) {
    size_t size = strlen(command);
    for (const char *name = w->commands; name && *name; name += strspn(name, " ")) {
        size_t length = strcspn(name, " ");
        if (length == size && !strncmp(name, command, size)) return true;
        name += length;
    }
    return !w->commands;
}

/* The first row for that option; with a value, the first to which the value is alien. */
static const struct foreign_word *find(const struct foreign_word *words, const char *command,
                                       const char *option, const char *value, const char *operand) {
    for (; words && words->option; words++) {
        if (strcmp(words->option, option) != 0 || !is_for(words, command)) continue;
        if (!value || (words->alien && words->alien(value, operand))) return words;
    }
    return NULL;
}

int foreign_option(const struct foreign_word *words, const char *command, const char *option) {
    const struct foreign_word *w = find(words, command, option, NULL, NULL);
    if (!w) return 0;
    msg_error("unknown option '%s': %s", option, tr(w->advice));
    return -1;
}

int foreign_value(const struct foreign_word *words, const char *command, const char *option,
                  const char *value, const char *operand) {
    const struct foreign_word *w = find(words, command, option, value, operand);
    char shown[256];
    if (!w) return 0;
    vis_quote(value, strlen(value), 48, shown);
    if (*option)
        msg_error("%s %s: %s", option, shown, tr(w->advice));
    else
        msg_error("%s: %s", shown, tr(w->advice));
    return -1;
}
