/* directory: the directory that a file lies in. */
#ifndef SOCKKIT_BASE_DIRECTORY_H
#define SOCKKIT_BASE_DIRECTORY_H

/* Opens it. *name is the last component of the path, within it. -1 with errno. */
int directory_open(const char *path, const char **name);

#endif
