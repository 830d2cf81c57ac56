/* where: whom a call means to reach, and where it means to listen: its operands and the shared
 * options, as names (common/net/endpoint.h). The strings of a name last as long as the program.
 * Each returns 0, or -1 after having told a usage error. */
#ifndef SOCKKIT_CLI_WHERE_H
#define SOCKKIT_CLI_WHERE_H

#include "common/cli/applet.h"
#include "common/net/endpoint.h"

/* Where to listen: at one place at least. */
int where_listen(const struct call *call, int type, struct net_names *out);

/* From where to connect (-b); source->type is 0 when that was not given. */
int where_source(const struct call *call, int type, struct net_name *source);

/* Whom to reach, from HOST[:PORT] or HOST PORT among the operands, and from where. Uses up the
 * operands that name it: the others, messages, begin at call->operands[0] afterwards. */
int where_target(struct call *call, int type, struct net_name *target, struct net_name *source);

/* The value of an option that names an endpoint. {0}: not given. */
struct where_value {
    bool given;
    struct endpoint endpoint;
};

/* An opt_row's `parse`: field is a struct where_value. */
const char *where_parse(void *field, const char *value);
/* Whom to reach, from such an option: -p, -b, -4 and -6 mean something else. */
int where_option(const struct call *call, const struct where_value *v, int type,
                 struct net_name *out);

/* Whether that is reached through a proxy: *through, or NULL. */
int where_through(const struct proxy_conf *p, const struct net_name *target,
                  const struct proxy_url **through);

/* What the shared options say of an endpoint that is named by other words than the operands. */
struct endpoint_terms where_terms(const struct common_conf *c, int type);

#endif
