/* removal: a file that we make and that goes when we end: a port file, a socket path. Its directory
 * is opened before, so that it can be removed from within the sandbox (unlinkat(2)), and a file
 * that somebody else has put in its place stays. */
#ifndef SOCKKIT_CLI_REMOVAL_H
#define SOCKKIT_CLI_REMOVAL_H

#include <sys/types.h>

struct removal {
    const char *name; /* the path's last component; NULL: there is nothing to remove */
    int directory;    /* owned, where there is a name */
    ino_t inode;      /* of our file; 0: it is not made yet */
    int file;         /* owned, once it is made; -1: it is not held */
};

/* Opens the directory of the path, which must last. -1 with errno. */
int removal_prepare(struct removal *r, const char *path);
/* The file is there, and ours. It is to be held by a descriptor (taken over) as long as we may
 * remove it: else its inode could be that of a file which somebody puts in its place. -1: it is
 * held by another, as a path is by its socket. */
void removal_made(struct removal *r, int file);
/* Removes the file, and closes. Also when nothing was prepared ({0}). */
void removal_run(struct removal *r);

/* The directory in which files must be removable until then; -1: none. */
int removal_directory(const struct removal *r);

#endif
