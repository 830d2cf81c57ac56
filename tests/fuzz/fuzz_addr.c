/* No endpoint, address or list of networks upsets its parser, and an address is read back as it was
 * written. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/addr.h"
#include "common/base/cidr.h"
#include "common/base/mem.h"
#include "common/net/endpoint.h"

static void read_back(const struct addr *a) {
    char text[ADDR_TEXT];
    struct endpoint e = {0};
    struct addr again;
    uint16_t port = 0;
    if (endpoint_parse(addr_text(a, text), &e)) abort();
    if (!e.host || !e.port || !addr_port_number(e.port, &port)) abort();
    if (!addr_numeric(e.host, port, &again) || !addr_equal(a, &again)) abort();
    endpoint_free(&e);
}

/* What an endpoint means is a name with a port or a path, or a usage error. */
static void mean(const struct endpoint *e) {
    struct endpoint_terms terms = {.type = SOCK_STREAM, .numeric = true, .otherwise = 60000};
    struct net_name name;
    struct cause cause = {.status = STATUS_OK};
    if (endpoint_remote(e, &terms, &name, &cause) == 0) {
        if (!name.path == !name.port) abort();
    } else if (cause.status != STATUS_USAGE || !cause.text[0]) {
        abort();
    }
    if (endpoint_local(e, &terms, &name, &cause) == 0 && name.path) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = mem_new(size + 1);
    if (size) memcpy(text, data, size);

    struct endpoint e = {0};
    if (!endpoint_parse(text, &e)) {
        if (e.path && (e.host || e.port)) abort();
        mean(&e);
        endpoint_free(&e);
    }
    struct addr a;
    if (addr_numeric(text, 60000, &a)) read_back(&a);
    addr_unix(text, &a);

    struct access_list access = {0};
    struct addr loopback;
    addr_loopback(AF_INET, 0, &loopback);
    if (cidr_list_add(&access.deny, text) && access.deny.count) abort();
    access_allows(&access, &loopback);
    free(access.deny.items);
    free(text);
    return 0;
}
