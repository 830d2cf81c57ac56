/* bind: a new socket with its options, and the address of this machine that it has. */
#ifndef SOCKKIT_NET_BIND_H
#define SOCKKIT_NET_BIND_H

#include "common/base/addr.h"
#include "common/base/msg.h"
#include "common/net/sockopt.h"

/* A socket of this family and type with the options set; the caller's. -1: with a cause that names
 * the option, or, where socket(2) itself failed, with errno and no cause (cause->text empty). */
int bind_socket(int family, int type, const struct sockopt_list *options, struct cause *cause);

/* Binds it to a local address. -1 with a cause (UNBOUND), and errno. */
int bind_local(int fd, int type, const struct addr *local, struct cause *cause);

/* The cause (UNBOUND) of a bind(2) or listen(2) that failed: "cannot listen on ADDRESS: why (who
 * holds it, or what to do)"; where it does not listen, "cannot bind to". Returns -1, errno is
 * `error`. */
int bind_cause(bool listens, int type, const struct addr *local, int error, struct cause *cause);

#endif
