/* foreign: words of other programs. What people type by habit gets an answer of its own, which says
 * how it is done here. The rows are the program's; nothing here knows a word by itself. */
#ifndef SOCKKIT_CLI_FOREIGN_H
#define SOCKKIT_CLI_FOREIGN_H

#include <stdbool.h>

struct foreign_word {
    /* As it is typed, "-l" or "--listen"; "": the row is for the first operand; NULL ends the
     * rows. */
    const char *option;
    const char *commands; /* names, blank-separated, of those it is for; NULL: any */
    /* For a command that knows the option by another meaning: true when the value cannot be meant
     * there. The value of a flag is the operand right behind it. `operand` is the one before, or
     * NULL. NULL: whatever the value is, the command means it. */
    bool (*alien)(const char *value, const char *operand);
    const char *advice; /* how it is done here */
};

/* Both look for the first row that has the option and the command, foreign_value for the first of
 * them to which the value is alien, tell its advice as a usage error and return -1; 0: there is
 * none. `words` may be NULL. */
int foreign_option(const struct foreign_word *words, const char *command, const char *option);
int foreign_value(const struct foreign_word *words, const char *command, const char *option,
                  const char *value, const char *operand);

#endif
