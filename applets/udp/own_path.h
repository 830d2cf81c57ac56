/* own_path: a path of its own for a Unix datagram socket, in TMPDIR or /tmp, without which it could
 * not be answered (unix(7)). */
#ifndef SOCKKIT_UDP_OWN_PATH_H
#define SOCKKIT_UDP_OWN_PATH_H

#include "common/base/msg.h"

/* Binds the socket; *path is the caller's, for own_path_remove. -1 with a cause (UNBOUND), and
 * errno. */
int own_path_bind(int fd, char **path, struct cause *cause);
/* The path goes; *path is NULL then. Also when it is already. */
void own_path_remove(char **path);

#endif
