/* user: the user that a server started as root becomes (--user). */
#ifndef SOCKKIT_CLI_USER_H
#define SOCKKIT_CLI_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct user {
    const char *text; /* as it was given; NULL: it was not */
    const char *name; /* in the user database, of whose groups it is; NULL: it has no name there */
    uid_t id;
    gid_t group;
};

/* Parses NAME[:GROUP], each a name or a number, for struct user *user: the parser of an option
 * (opt.h). Without GROUP it is the user's own. Returns NULL, or what is wrong with it. */
const char *user_parse(void *user, const char *text);

/* Becomes the user for good, with its group and its supplementary groups. -1 with errno; then the
 * process must not go on, for it may have given up a part of what it was. */
int user_become(const struct user *user);

#endif
