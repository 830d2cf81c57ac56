/* measured: what -vv tells of a connection that is about to be closed. */
#ifndef SOCKKIT_NET_MEASURED_H
#define SOCKKIT_NET_MEASURED_H

/* Narrates what the system measured of the connection, whose peer is called `name`; nothing where
 * the system does not tell, or with less than -vv. errno is preserved. */
void measured_note(int fd, const char *name);

#endif
