#include "common/cli/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"

/* (id_t)-1 means "no change" to the system. */
static bool parse_id(const char *text, id_t *id) {
    int64_t number;
    if (!text_is_digits(text) || text_number(text, &number) < 0 || number >= UINT32_MAX)
        return false;
    *id = (id_t)number;
    return true;
}

/* The errors by which a look-up says that there is no such entry (getpwnam(3)). */
static bool is_unknown(int error) {
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/* A name that looks like a number is a name, as for chown(1). */
static const struct passwd *entry_of(const char *text) {
    id_t id;
    errno = 0;
    const struct passwd *entry = getpwnam(text);
    return entry || !parse_id(text, &id) ? entry : getpwuid(id);
}

static const char *parse_user(struct user *user, const char *text, bool needs_group) {
    const struct passwd *entry = entry_of(text);
    if (!entry && !is_unknown(errno)) return lang_error(errno);
    if (entry) {
        user->name = mem_keep(mem_copy(entry->pw_name));
        user->id = entry->pw_uid;
        user->group = entry->pw_gid;
        return NULL;
    }
    if (!parse_id(text, &user->id)) return "no such user";
    return needs_group ? "no such user (of a number alone: UID:GID)" : NULL;
}

static const char *parse_group(struct user *user, const char *text) {
    errno = 0;
    const struct group *entry = getgrnam(text);
    if (entry)
        user->group = entry->gr_gid;
    else if (!is_unknown(errno))
        return lang_error(errno);
    else if (!parse_id(text, &user->group))
        return "no such group";
    return NULL;
}

const char *user_parse(void *user, const char *text) {
    struct user *u = user;
    char *name = mem_copy(text), *colon = strchr(name, ':');
    if (colon) *colon = '\0';
    *u = (struct user){.text = text};
    const char *fault = parse_user(u, name, !colon);
    if (!fault && colon) fault = parse_group(u, colon + 1);
    free(name);
    return fault;
}

static int take_groups(const struct user *user) {
    return user->name ? initgroups(user->name, user->group) : setgroups(1, &user->group);
}

/* True when nothing of root is left. */
static bool is_for_good(const struct user *user) {
    bool is_user = getuid() == user->id && geteuid() == user->id;
    bool is_group = getgid() == user->group && getegid() == user->group;
    return is_user && is_group && (user->id == 0 || setuid(0) < 0);
}

/* Of root, setgid(2) and setuid(2) set the saved ids too. */
int user_become(const struct user *user) {
    if (take_groups(user) < 0 || setgid(user->group) < 0 || setuid(user->id) < 0) return -1;
    if (is_for_good(user)) return 0;
    errno = EPERM;
    return -1;
}
