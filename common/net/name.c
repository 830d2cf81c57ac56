#include "common/net/name.h"

#include <stdio.h>
#include <string.h>

const char *net_name_text(const struct net_name *name, char out[NET_NAME_TEXT]) {
    if (name->path)
        snprintf(out, NET_NAME_TEXT, "unix:%s", name->path);
    else if (name->host && strchr(name->host, ':'))
        snprintf(out, NET_NAME_TEXT, "[%s]:%u", name->host, (unsigned)name->port);
    else
        snprintf(out, NET_NAME_TEXT, "%s:%u", name->host ? name->host : "localhost",
                 (unsigned)name->port);
    return out;
}
