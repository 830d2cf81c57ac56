#include "applets/probe/finding.h"

#include <stdlib.h>

#include "common/base/lang.h"

const char *finding_word(const struct finding *f) {
    static const char *const words[] = {
        [PORT_UNKNOWN] = "no-answer",     [PORT_OPEN] = "open",
        [PORT_CLOSED] = "closed",         [PORT_NO_ANSWER] = "no-answer",
        [PORT_UNEXPECTED] = "unexpected", [PORT_UNREACHABLE] = "unreachable",
        [PORT_UNRESOLVED] = "unresolved", [PORT_EXCLUDED] = "excluded",
    };
    return words[f->state];
}

const char *finding_why(const struct finding *f) {
    if (f->why) return f->why;
    return f->error ? lang_error(f->error) : NULL;
}

void finding_clear(struct finding *f) {
    free(f->why);
    free(f->address);
    free(f->said);
    *f = (struct finding){0};
}

void finding_move(struct finding *f, struct finding *from) {
    finding_clear(f);
    *f = *from;
    *from = (struct finding){0};
}
