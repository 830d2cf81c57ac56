/* port_file: the file that tells others a server's port, or the path of its Unix socket
 * (--port-file). Both return 0, or the exit status, having told why; neither touches what is no
 * regular file. */
#ifndef SOCKKIT_CLI_PORT_FILE_H
#define SOCKKIT_CLI_PORT_FILE_H

#include "common/base/addr.h"
#include "common/cli/removal.h"

/* Removes what the last run has left, so that nobody takes its port for ours. */
int port_file_clear(const char *path);

/* Writes the address's port or path, one line, which is there as a whole at once. The file goes
 * with *r, and the path must last as long. A link that somebody has put in its way is not followed.
 */
int port_file_write(struct removal *r, const char *path, const struct addr *a);

#endif
