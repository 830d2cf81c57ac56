#include "common/base/directory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/aside.h"
#include "common/base/mem.h"

int directory_open(const char *path, const char **name) {
    const char *slash = strrchr(path, '/');
    char *directory =
        slash ? mem_format("%.*s", slash == path ? 1 : (int)(slash - path), path) : mem_copy(".");
    int fd = aside_move(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    free(directory);
    *name = slash ? slash + 1 : path;
    return fd;
}
