#include "applets/udp/upstream.h"

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/hint.h"

#define FIRST_LIMIT TEXT_NS_PER_S         /* for the look-up at the start */
#define LIMIT (10 * TEXT_NS_PER_S)        /* for a later one */
#define FRESH (30 * TEXT_NS_PER_S)        /* how long a look-up holds */
#define FRESH_REFUSED (1 * TEXT_NS_PER_S) /* where an address refuses */

/* Returns how many were dropped. */
static size_t drop_own(const struct upstream *u, struct addrs *addrs) {
    size_t kept = 0, before = addrs->count;
    for (size_t i = 0; i < before; i++) {
        const struct addr *a = &addrs->items[i];
        if (!own_has(&u->own, a)) addrs->items[kept++] = *a;
    }
    addrs->count = kept;
    return before - kept;
}

static size_t place_of(const struct addrs *addrs, const struct addr *a) {
    size_t i = 0;
    while (i < addrs->count && !addr_equal(&addrs->items[i], a)) i++;
    return i;
}

/* The address that is used stays so where it is still one of them. Takes the list over. */
static void use(struct upstream *u, struct addrs *addrs) {
    size_t same = u->addrs.count > 0 ? place_of(addrs, &u->addrs.items[u->used]) : addrs->count;
    addrs_free(&u->addrs);
    u->addrs = *addrs;
    u->used = same < addrs->count ? same : 0;
}

/* --- looking up --- */

static void found(struct resolve *r, const struct cause *failure) {
    struct upstream *u = container_of(r, struct upstream, resolve);
    u->looking = false;
    if (!failure) drop_own(u, &r->addrs);
    if (!failure && r->addrs.count > 0) {
        use(u, &r->addrs);
        return;
    }
    addrs_free(&r->addrs);
    if (!u->told)
        msg_note(0, "%s: %s", u->text, failure ? failure->text : "that is this very server");
    u->told = true;
}

/* Unless it was looked up within so many ns. */
static void look_up(struct upstream *u, int64_t fresh) {
    int64_t now = loop_now(u->loop);
    if (!u->named || u->looking || now - u->looked < fresh) return;
    u->looked = now;
    u->looking = true;
    resolve_start(u->loop, &u->resolve, &u->name, LIMIT, found);
}

bool upstream_is_named(const struct net_name *name) {
    struct addr a;
    return name->host && !name->numeric && !addr_numeric(name->host, 0, &a);
}

/* --- the addresses --- */

const struct addr *upstream_address(struct upstream *u) {
    look_up(u, u->addrs.count > 0 ? FRESH : FRESH_REFUSED);
    return u->addrs.count > 0 ? &u->addrs.items[u->used] : NULL;
}

bool upstream_has_other(const struct upstream *u, const struct addr *a) {
    return u->addrs.count > 1 || (u->addrs.count == 1 && !addr_equal(&u->addrs.items[0], a));
}

void upstream_refused(struct upstream *u, const struct addr *a, int error) {
    char text[ADDR_TEXT];
    if (!u->told)
        msg_note(0, "%s: %s%s", addr_text(a, text), lang_error(error),
                 hint_peer(SOCK_DGRAM, a, error));
    u->told = true;
    look_up(u, FRESH_REFUSED);
    if (u->addrs.count > 0 && addr_equal(&u->addrs.items[u->used], a))
        u->used = (u->used + 1) % u->addrs.count;
}

int upstream_start(struct upstream *u, struct loop *loop, const struct net_name *name,
                   const struct listeners *listeners) {
    struct cause cause = {0};
    struct addrs addrs = {NULL, 0};
    *u = (struct upstream){.loop = loop, .name = *name, .named = upstream_is_named(name)};
    net_name_text(name, u->text);
    own_find(&u->own, listeners);
    u->looked = loop_now(loop);
    if (resolve_wait(loop, name, FIRST_LIMIT, &addrs, &cause) < 0) return 0;
    size_t own = drop_own(u, &addrs);
    use(u, &addrs);
    return own > 0 ? -1 : 0;
}

void upstream_stop(struct upstream *u) {
    resolve_stop(&u->resolve);
    addrs_free(&u->addrs);
    own_free(&u->own);
}
