#include "common/net/sockopt.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sock.h"
#include "common/net/sockopt_numbers.h"

enum value_kind { SWITCH, NUMBER, BYTES, SECONDS, MILLISECONDS, SERVICE, DISCOVERY, WORD };

struct sockopt_row {
    const char *name;
    const char *help;
    const char *label; /* in the trace */
    int level, option;
    int min, max;                  /* of a word: how long it is */
    unsigned char level6, option6; /* for AF_INET6; 0, 0: the same */
    unsigned char kind;            /* enum value_kind */
};

static const struct sockopt_row rows[] = {
    {"nodelay", "send small segments at once", "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 0, 1, 0, 0,
     SWITCH},
    {"keepalive", "probe an idle peer", "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 0, 1, 0, 0,
     SWITCH},
    {"keepidle", "idle time before the first probe", "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 1,
     32767, 0, 0, SECONDS},
    {"keepintvl", "time between probes", "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 1, 32767, 0,
     0, SECONDS},
    {"keepcnt", "probes before giving up", "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 1, 127, 0, 0,
     NUMBER},
    {"syncnt", "attempts to connect before giving up", "TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 1,
     127, 0, 0, NUMBER},
    {"user-timeout", "how long sent bytes may be unacknowledged", "TCP_USER_TIMEOUT", IPPROTO_TCP,
     TCP_USER_TIMEOUT, 0, INT_MAX, 0, 0, MILLISECONDS},
    {"defer-accept", "accept once the client has said something", "TCP_DEFER_ACCEPT", IPPROTO_TCP,
     TCP_DEFER_ACCEPT, 0, 32767, 0, 0, SECONDS},
    {"quickack", "acknowledge at once", "TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, 0, 1, 0, 0,
     SWITCH},
    {"congestion", "congestion control", "TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, 1, 15, 0, 0,
     WORD},
    {"maxseg", "largest TCP segment", "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, 1, 65535, 0, 0, BYTES},
    {"reuseaddr", "bind while the port is in TIME_WAIT", "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR,
     0, 1, 0, 0, SWITCH},
    {"reuseport", "share the port with others that ask so too", "SO_REUSEPORT", SOL_SOCKET,
     SO_REUSEPORT, 0, 1, 0, 0, SWITCH},
    {"rcvbuf", "receive buffer", "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 0, INT_MAX, 0, 0, BYTES},
    {"sndbuf", "send buffer", "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 0, INT_MAX, 0, 0, BYTES},
    {"linger", "close(2) waits for unsent data so long", "SO_LINGER", SOL_SOCKET, SO_LINGER, 0,
     32767, 0, 0, SECONDS},
    {"ttl", "hops a packet may take", "IP_TTL", IPPROTO_IP, IP_TTL, 1, 255, IPPROTO_IPV6,
     IPV6_UNICAST_HOPS, NUMBER},
    {"min-ttl", "packets with fewer hops left are dropped", "IP_MINTTL", IPPROTO_IP, IP_MINTTL, 0,
     255, IPPROTO_IPV6, IPV6_MINHOPCOUNT, NUMBER},
    {"tos", "type of service (traffic class)", "IP_TOS", IPPROTO_IP, IP_TOS, 0, 255, IPPROTO_IPV6,
     IPV6_TCLASS, SERVICE},
    {"priority", "place in the queue of the interface", "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 0,
     INT_MAX, 0, 0, NUMBER},
    {"mark", "mark for rules of routing and firewall (root)", "SO_MARK", SOL_SOCKET, SO_MARK, 0,
     INT_MAX, 0, 0, NUMBER},
    {"mtu-discover", "whether packets may be fragmented on the way", "IP_MTU_DISCOVER", IPPROTO_IP,
     IP_MTU_DISCOVER, 0, 5, IPPROTO_IPV6, IPV6_MTU_DISCOVER, DISCOVERY},
    {"v6only", "no IPv4 on an IPv6 socket (servers: 1)", "IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY,
     0, 1, 0, 0, SWITCH},
    {"freebind", "bind to an address that is yet to come", "IP_FREEBIND", IPPROTO_IP, IP_FREEBIND,
     0, 1, IPPROTO_IPV6, IPV6_FREEBIND, SWITCH},
    {"transparent", "bind to an address of others (root)", "IP_TRANSPARENT", IPPROTO_IP,
     IP_TRANSPARENT, 0, 1, IPPROTO_IPV6, IPV6_TRANSPARENT, SWITCH},
    {"broadcast", "may send to a broadcast address", "SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, 0, 1,
     0, 0, SWITCH},
    {"dontroute", "only to hosts on the same link", "SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, 0, 1,
     0, 0, SWITCH},
    {"oobinline", "urgent data in line", "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 0, 1, 0, 0,
     SWITCH},
    {"interface", "only through this network interface", "SO_BINDTODEVICE", SOL_SOCKET,
     SO_BINDTODEVICE, 1, IF_NAMESIZE - 1, 0, 0, WORD},
    {"multicast-ttl", "hops a multicast may take", "IP_MULTICAST_TTL", IPPROTO_IP, IP_MULTICAST_TTL,
     0, 255, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, NUMBER},
    {"multicast-loop", "own multicasts are heard here too", "IP_MULTICAST_LOOP", IPPROTO_IP,
     IP_MULTICAST_LOOP, 0, 1, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, SWITCH},
};
#define ROWS (sizeof rows / sizeof rows[0])

static const char *const units[] = {[SWITCH] = "0|1",
                                    [NUMBER] = "N",
                                    [BYTES] = "BYTES (64K, 1M)",
                                    [SECONDS] = "SECONDS",
                                    [MILLISECONDS] = "MILLISECONDS",
                                    [SERVICE] = "0-255|DSCP (ef, af11, cs1)",
                                    [DISCOVERY] = "do|dont|want|N",
                                    [WORD] = "NAME"};

static const struct sockopt_row *row_named(const char *name, size_t size) {
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == size && !strncmp(rows[i].name, name, size)) return &rows[i];
    return NULL;
}

static const char *unknown(const char *value, size_t size) {
    static char why[128]; /* static: parsing stops at the first error */
    const char *names[ROWS + 1] = {NULL};
    char name[24];
    snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), value);
    for (size_t i = 0; i < ROWS; i++) names[i] = rows[i].name;
    const char *nearest = text_nearest(name, names);
    if (nearest)
        snprintf(why, sizeof why, tr("unknown socket option (did you mean '%s'?)"), nearest);
    else
        snprintf(why, sizeof why, tr("unknown socket option (-O help lists them)"));
    return why;
}

/* --- values --- */

/* Decimal, or hexadecimal behind 0x. */
static int read_number(const char *text, int64_t *out) {
    const char *digits = text + 2;
    if (strncmp(text, "0x", 2) != 0) return text_number(text, out);
    size_t size = strspn(digits, "0123456789abcdefABCDEF");
    if (size == 0 || size > 8 || digits[size]) return -1;
    *out = (int64_t)strtoul(digits, NULL, 16);
    return 0;
}

/* The byte that holds a Differentiated Services codepoint in its six high bits: RFC 4594, section
 * 2.3; RFC 8622 (le); RFC 5865 (va). */
static int read_service(const char *text, int64_t *out) {
    static const struct {
        const char *name;
        int point;
    } points[] = {{"ef", 46}, {"va", 44}, {"le", 1}};

    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        if (!strcmp(text, points[i].name)) {
            *out = points[i].point << 2;
            return 0;
        }
    bool selector = !strncmp(text, "cs", 2) && text[2] >= '0' && text[2] <= '7' && !text[3];
    bool assured = !strncmp(text, "af", 2) && text[2] >= '1' && text[2] <= '4' && text[3] >= '1' &&
                   text[3] <= '3' && !text[4];
    if (!selector && !assured) return read_number(text, out);
    *out = ((text[2] - '0') * 8 + (assured ? (text[3] - '0') * 2 : 0)) << 2;
    return 0;
}

static int read_discovery(const char *text, int64_t *out) {
    static const char *const words[] = {
        [IP_PMTUDISC_DONT] = "dont", [IP_PMTUDISC_WANT] = "want", [IP_PMTUDISC_DO] = "do"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i])) {
            *out = (int64_t)i;
            return 0;
        }
    return read_number(text, out);
}

static int read_bytes(const char *text, int64_t *out) {
    uint64_t bytes;
    if (text_size(text, &bytes) < 0) return -1;
    *out = bytes > INT_MAX ? INT64_MAX : (int64_t)bytes;
    return 0;
}

static int (*const readers[])(const char *, int64_t *) = {
    [SWITCH] = text_number,       [NUMBER] = read_number,       [BYTES] = read_bytes,
    [SECONDS] = text_number,      [MILLISECONDS] = text_number, [SERVICE] = read_service,
    [DISCOVERY] = read_discovery,
};

static const char *read_word(struct sockopt *o, const char *value) {
    static char why[128];
    o->text = value;
    if (strlen(value) <= (size_t)o->row->max) return NULL;
    snprintf(why, sizeof why, tr("no %s has a name as long as this"), o->row->name);
    return why;
}

static const char *read_value(struct sockopt *o, const char *value) {
    static char why[128];
    int64_t number = 0;
    if (!*value) return "the value is missing behind '='";
    if (o->row->kind == WORD) return read_word(o, value);
    if (readers[o->row->kind](value, &number) == 0 && number >= o->row->min &&
        number <= o->row->max) {
        o->number = (int)number;
        return NULL;
    }
    snprintf(why, sizeof why, tr("%s takes %s, %d to %d"), o->row->name, tr(units[o->row->kind]),
             o->row->min, o->row->max);
    return why;
}

/* --- by number --- */

/* A row for LEVEL:NAME; NULL: that is none. It lasts as long as the program. */
static const struct sockopt_row *numbered(const char *text, size_t size) {
    int64_t level, option;
    char *name = mem_keep(mem_format("%.*s", (int)size, text));
    char *colon = strchr(name, ':');
    if (!colon) return NULL;
    *colon = 0;
    bool both = read_number(name, &level) == 0 && read_number(colon + 1, &option) == 0;
    *colon = ':';
    if (!both || level < 0 || level > INT_MAX || option < 0 || option > INT_MAX) return NULL;
    struct sockopt_row *row = mem_keep(mem_new(sizeof *row));
    *row = (struct sockopt_row){.name = name,
                                .label = name,
                                .kind = NUMBER,
                                .level = (int)level,
                                .option = (int)option,
                                .min = INT_MIN,
                                .max = INT_MAX};
    return row;
}

const char *sockopt_parse(void *field, const char *value) {
    struct sockopt_list *list = field;
    struct sockopt o = {0};
    size_t size = strcspn(value, "=");
    if (!strcmp(value, "help")) {
        list->help = true;
        return NULL;
    }
    o.row = row_named(value, size);
    if (!o.row) o.row = numbered(value, size);
    if (!o.row) return unknown(value, size);
    if (!value[size]) return "a value is missing: NAME=VALUE (-O help lists them)";
    const char *why = read_value(&o, value + size + 1);
    if (why) return why;
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = o;
    return NULL;
}

static int apply(const struct sockopt *o, int fd, int family) {
    bool six = family == AF_INET6 && o->row->level6;
    int level = six ? o->row->level6 : o->row->level;
    int option = six ? o->row->option6 : o->row->option;
    const struct sock_option set = {level, option, o->row->label};
    if (level == IPPROTO_IPV6 && family == AF_INET) return 0; /* not about this socket */
    if (level == SOL_SOCKET && option == SO_LINGER) {
        struct linger linger = {.l_onoff = 1, .l_linger = o->number};
        return sock_set_bytes(fd, &set, &linger, sizeof linger);
    }
    if (o->row->kind == WORD) return sock_set_bytes(fd, &set, o->text, (socklen_t)strlen(o->text));
    return sock_set(fd, level, option, o->number, o->row->label);
}

int sockopt_apply(const struct sockopt_list *list, int fd, int family, struct cause *cause) {
    for (size_t i = 0; i < list->count; i++)
        if (apply(&list->items[i], fd, family) < 0)
            return cause_set(cause, STATUS_FAILED, "cannot set socket option %s: %s",
                             list->items[i].row->name, lang_error(errno));
    return 0;
}

bool sockopt_given(const struct sockopt_list *list, const char *name) {
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->items[i].row->name, name)) return true;
    return false;
}

void sockopt_default(const struct sockopt_list *list, int fd, const char *name, int value) {
    const struct sockopt_row *row = row_named(name, strlen(name));
    if (!sockopt_given(list, name)) sock_set(fd, row->level, row->option, value, row->label);
}

/* Whether its limits are to be told: not of a switch, of words, or where every int will do. */
static bool is_bounded(const struct sockopt_row *row) {
    return (row->kind == NUMBER || row->kind == BYTES || row->kind == SECONDS) &&
           row->max < INT_MAX;
}

void sockopt_help(void) {
    for (size_t i = 0; i < ROWS; i++) {
        const struct sockopt_row *row = &rows[i];
        const char *unit = tr(units[row->kind]);
        char left[64];
        if (is_bounded(row))
            snprintf(left, sizeof left, "%s=%.*s (%d-%d)", row->name, (int)strcspn(unit, " "), unit,
                     row->min, row->max);
        else
            snprintf(left, sizeof left, "%s=%s", row->name, unit);
        printf("  %-31s  %s\n", left, tr(row->help));
    }
    printf("  %-31s  %s\n", tr("LEVEL:NAME=INTEGER"),
           tr("any other, by its numbers (setsockopt(2))"));
}

void sockopt_names(void) {
    for (size_t i = 0; i < ROWS; i++) printf("%s%s", i ? " " : "", rows[i].name);
}
