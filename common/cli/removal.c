#include "common/cli/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/directory.h"
#include "common/base/lang.h"
#include "common/base/msg.h"

int removal_directory(const struct removal *r) { return r->name ? r->directory : -1; }

int removal_prepare(struct removal *r, const char *path) {
    const char *name;
    int directory = directory_open(path, &name);
    if (directory < 0) return -1;
    *r = (struct removal){.name = name, .directory = directory, .file = -1};
    return 0;
}

/* 0: there is nothing. */
static ino_t inode_of(const struct removal *r) {
    struct stat st;
    return fstatat(r->directory, r->name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

void removal_made(struct removal *r, int file) {
    r->inode = inode_of(r);
    r->file = file;
}

void removal_run(struct removal *r) {
    if (!r->name) return;
    if (r->inode && inode_of(r) == r->inode && unlinkat(r->directory, r->name, 0) < 0)
        msg_note(1, "%s stays: %s", r->name, lang_error(errno)); /* the user of --user may not */
    if (r->file >= 0) close(r->file);
    close(r->directory);
    *r = (struct removal){.name = NULL};
}
