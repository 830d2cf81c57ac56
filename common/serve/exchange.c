#include "common/serve/exchange.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/vis.h"

#define SHOWN_MOST 256 /* bytes */

/* `what` is a format for the peer and the bytes. */
static void note(const char *peer, const char *what, const char *bytes, size_t n) {
    if (!exchange_told()) return;
    char *shown = mem_new(vis_quote_bound(SHOWN_MOST));
    msg_note(1, what, peer, vis_quote(bytes, n, SHOWN_MOST, shown));
    free(shown);
}

void exchange_request(const char *peer, const char *bytes, size_t n) {
    note(peer, "%s request %s", bytes, n);
}

void exchange_answer(const char *peer, const char *bytes, size_t n) {
    note(peer, "%s answer %s", bytes, n);
}
