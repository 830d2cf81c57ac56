#include "applets/probe/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "applets/probe/http.h"
#include "common/base/buf.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/vis.h"
#include "common/net/endpoint.h"

#define LARGEST_DATAGRAM 65507

struct http_question {
    struct question question;
    struct buf request;
};

/* A target taken apart. */
struct words {
    const struct target_terms *terms;
    int type;
    char *request; /* the path of HTTP, owned; NULL: it is not asked by HTTP */
    struct endpoint e;
    struct range range; /* of e.host; count 0: that is a name */
    struct cause *cause;
};

static const char *quoted(const char *text, char room[256]) {
    return vis_quote(text, strlen(text), 48, room);
}

/* --- ports --- */

static const char *look_up(void *ctx, const char *name, uint16_t *port) {
    const struct words *w = ctx;
    return endpoint_port(name, w->type, w->terms->numeric, port);
}

static int parse_ports(struct words *w, const char *where, const char *text,
                       struct port_list *out) {
    char room[256];
    const char *why = ports_parse(text, look_up, w, out);
    if (!why) return 0;
    return cause_set(w->cause, STATUS_USAGE, "%s: %s: %s", tr(where), quoted(text, room), tr(why));
}

int target_terms_ports(struct target_terms *terms, const char *otherwise, struct cause *cause) {
    struct words w = {.terms = terms, .type = terms->type, .cause = cause};
    return parse_ports(&w, "--port", terms->ports ? terms->ports : otherwise, &terms->standard);
}

/* Those behind the host, else its own, else those of -p, which must not disagree with its own. */
static int choose_ports(struct words *w, const char *behind, struct port_list *out) {
    const char *host = w->e.host ? w->e.host : "localhost", *own = w->e.port;
    const char *standard = w->request ? "80" : NULL;
    if (own && behind)
        return cause_set(w->cause, STATUS_USAGE,
                         "the ports of %s are given twice, :%s and %s (%s %s,%s asks for both)",
                         host, own, behind, host, own, behind);
    if (!own) own = behind ? behind : standard;
    if (!own) {
        ports_copy(out, &w->terms->standard);
        return 0;
    }
    if (parse_ports(w, "port", own, out) < 0) return -1;
    if (behind || w->request || !w->terms->ports || ports_equal(out, &w->terms->standard)) return 0;
    ports_free(out);
    return cause_set(w->cause, STATUS_USAGE, "--port %s and :%s disagree", w->terms->ports, own);
}

/* --- words --- */

static int wrong(struct words *w, const char *text, const char *why) {
    char room[256];
    return cause_set(w->cause, STATUS_USAGE, "%s: %s", quoted(text, room), tr(why));
}

/* [fd00::/120] and [fd00::/120]:PORTS; endpoint_parse knows brackets around one address alone. */
static int split_bracketed_range(struct words *w, const char *text) {
    const char *close = strchr(text, ']');
    char *inside = close ? mem_format("%.*s", (int)(close - text - 1), text + 1) : NULL;
    const char *why = inside ? range_parse(inside, &w->range) : NULL;
    bool several = inside && !why && w->range.count > 0 && !w->range.single;
    free(inside);
    if (why) return wrong(w, text, why);
    if (!several) return 0;
    if (close[1] && (close[1] != ':' || !close[2]))
        return wrong(w, text, "only :PORTS may follow the ']'");
    if (close[1]) w->e.port = mem_copy(close + 2);
    return 1;
}

/* HOST, HOST:PORTS, unix:PATH, a range of addresses, and so on. */
static int split_plain(struct words *w, const char *text) {
    bool colons = strchr(text, ':') != strrchr(text, ':') && strncmp(text, "unix:", 5) != 0 &&
                  !addr_lacks_brackets(text);
    const char *why;
    if (*text == '[') {
        int result = split_bracketed_range(w, text);
        if (result != 0) return result < 0 ? -1 : 0;
    }
    if (colons && *text != '[' && !range_parse(text, &w->range) && w->range.count > 0) {
        w->e.host = mem_copy(text);
        return 0;
    }
    why = endpoint_parse(text, &w->e);
    if (!why && w->e.host) why = range_parse(w->e.host, &w->range);
    return why ? wrong(w, text, why) : 0;
}

/* What stands behind SCHEME:// up to the path. */
static int split_authority(struct words *w, const char *text, size_t size) {
    char *authority = mem_format("%.*s", (int)size, text);
    int result = strchr(authority, '@') ? wrong(w, authority, "a URL has no user here")
                                        : split_plain(w, authority);
    if (result == 0 && w->e.path) result = wrong(w, authority, "a URL has a host here");
    free(authority);
    return result;
}

/* The path, without the fragment, which is not sent (RFC 9110 section 7.1). */
static int keep_request(struct words *w, const char *path) {
    w->request = mem_format("%s%.*s", *path == '/' ? "" : "/", (int)strcspn(path, "#"), path);
    return http_path_valid(w->request) ? 0
                                       : wrong(w, path, "a path of a URL has no such characters");
}

static int split_http(struct words *w, const char *text) {
    size_t size = strcspn(text, "/?#");
    w->type = SOCK_STREAM;
    return keep_request(w, text + size) < 0 ? -1 : split_authority(w, text, size);
}

/* PATH, PATH:/path */
static int split_http_unix(struct words *w, const char *text) {
    const char *colon = strstr(text, ":/");
    size_t size = colon ? (size_t)(colon - text) : strlen(text);
    w->type = SOCK_STREAM;
    if (size == 0) return wrong(w, text, "the path of the socket is missing");
    w->e.path = mem_format("%.*s", (int)size, text);
    return keep_request(w, colon ? colon + 1 : "/");
}

static int split_transport(struct words *w, const char *text, int type) {
    size_t size = strcspn(text, "/?#");
    w->type = type;
    if (text[size] && strcmp(text + size, "/") != 0)
        return wrong(w, text, "tcp and udp have no path");
    return split_authority(w, text, size);
}

static bool begins(const char *text, const char *prefix) {
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_scheme(const char *text) {
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return size > 0 && strncmp(text + size, "://", 3) == 0;
}

static int split(struct words *w, const char *text) {
    if (begins(text, "tcp://")) return split_transport(w, text + 6, SOCK_STREAM);
    if (begins(text, "udp://")) return split_transport(w, text + 6, SOCK_DGRAM);
    if (begins(text, "http://")) return split_http(w, text + 7);
    if (begins(text, "http+unix:")) return split_http_unix(w, text + 10);
    if (has_scheme(text))
        return wrong(w, text, "unknown scheme (tcp udp http and http+unix are known)");
    if (ports_only(text))
        return cause_set(w->cause, STATUS_USAGE, "'%s' is no host (use -p %s)", text, text);
    return split_plain(w, text);
}

/* --- targets --- */

/* What holds for any endpoint: families that exclude each other, a path that is too long. */
static int check(const struct words *w, struct net_name *name) {
    char first[ADDR_TEXT];
    bool range = w->range.count > 0 && !w->range.single;
    struct endpoint bare = {.host = range ? first : w->e.host, .path = w->e.path};
    struct endpoint_terms terms = {
        .type = w->type, .family = w->terms->family, .numeric = w->terms->numeric, .otherwise = 1};
    if (range) addr_host_text(&w->range.first, first);
    return endpoint_remote(&bare, &terms, name, w->cause);
}

static void ask_http(struct target *t, const struct words *w) {
    const struct net_name *name = t->host ? &t->host->name : NULL;
    const char *host = name ? name->host ? name->host : "localhost" : t->written;
    bool v6 = host && strchr(host, ':'), port = w->e.port && text_is_digits(w->e.port);
    char *field = mem_format("%s%s%s%s%s", v6 ? "[" : "", host ? host : "", v6 ? "]" : "",
                             port ? ":" : "", port ? w->e.port : "");
    t->own = mem_new(sizeof *t->own);
    t->own->question = w->terms->stream;
    http_request(&t->own->request, field, w->request);
    t->own->question.http = true;
    t->own->question.payload = buf_at(&t->own->request);
    t->own->question.payload_size = t->own->request.size;
    t->question = &t->own->question;
    free(field);
}

static struct target *make(const struct target_terms *terms, const struct net_name *name,
                           const struct range *range, struct port_list *ports) {
    struct target *t = mem_new(sizeof *t);
    uint64_t addresses = range->count ? range->count : 1;
    bool single = range->count == 0 || range->single;
    t->users = 1;
    t->ports = *ports;
    t->goals = mem_new(ports->count * sizeof *t->goals);
    t->range = *range;
    t->question = name->type == SOCK_DGRAM ? &terms->datagram : &terms->stream;
    if (range->single) t->written = mem_copy(name->host);
    if (range->count == 0) t->host = host_of(terms->hosts, name);
    if (terms->proxy) t->via = host_of(terms->hosts, terms->proxy);
    for (size_t i = 0; i < ports->count; i++) {
        const struct port_range *r = &ports->items[i];
        uint64_t size = addresses * ((uint64_t)(r->last - r->first) + 1);
        t->goals[i] =
            (struct goal){.target = t, .single = single && r->single, .size = size, .left = size};
        t->goals[i].items_end = &t->goals[i].items;
    }
    return t;
}

static int check_payload(const struct words *w) {
    size_t size = w->terms->datagram.payload_size;
    if (w->type != SOCK_DGRAM || size <= LARGEST_DATAGRAM) return 0;
    return cause_set(w->cause, STATUS_USAGE,
                     "%zu bytes to be sent are too many for a datagram (at most %d)", size,
                     LARGEST_DATAGRAM);
}

static int check_proxy(const struct words *w) {
    if (!w->terms->proxy || (!w->e.path && w->type == SOCK_STREAM)) return 0;
    return cause_set(w->cause, STATUS_USAGE,
                     w->e.path ? "--proxy reaches no Unix-domain socket"
                               : "--proxy takes no datagrams (udp://)");
}

static struct target *finish(struct words *w, const char *behind) {
    struct net_name name;
    struct port_list ports;
    if (check(w, &name) < 0 || check_payload(w) < 0 || check_proxy(w) < 0) return NULL;
    if (name.path && behind) {
        cause_set(w->cause, STATUS_USAGE, "unix:%s has no port %s", name.path, behind);
        return NULL;
    }
    if (name.path)
        ports_none(&ports);
    else if (choose_ports(w, behind, &ports) < 0)
        return NULL;
    struct target *t = make(w->terms, &name, &w->range, &ports);
    if (w->request) ask_http(t, w);
    return t;
}

struct target *target_parse(const struct target_terms *terms, const char *word, const char *behind,
                            struct cause *cause) {
    struct words w = {.terms = terms, .type = terms->type, .cause = cause};
    struct target *t = split(&w, word) < 0 ? NULL : finish(&w, behind);
    endpoint_free(&w.e);
    free(w.request);
    return t;
}

struct target *target_default(const struct target_terms *terms, const char *path) {
    struct net_name name = {
        .path = path, .family = terms->family, .type = terms->type, .numeric = terms->numeric};
    struct port_list ports;
    if (path)
        ports_none(&ports);
    else
        ports_copy(&ports, &terms->standard);
    return make(terms, &name, &(struct range){.count = 0}, &ports);
}

bool target_takes_ports(const struct target_terms *terms, const char *word, const char *behind) {
    struct addr a;
    uint16_t port;
    if (ports_only(behind)) return true;
    bool has_ports = strchr(word, ':') && !addr_numeric(word, 0, &a);
    return !has_ports && endpoint_port(behind, terms->type, terms->numeric, &port) == NULL;
}

void target_release(struct target *t, struct host_table *hosts) {
    if (--t->users > 0) return;
    if (t->host) host_release(hosts, t->host);
    if (t->via) host_release(hosts, t->via);
    if (t->own) buf_free(&t->own->request);
    free(t->own);
    free(t->written);
    free(t->goals);
    ports_free(&t->ports);
    free(t);
}
