/* Whatever the child that looks a name up writes before it ends: the look-up ends once, with
 * addresses that can be connected to, or with a cause in harmless words. The input is the child's
 * answer: the error, the errno, the number of addresses, and a choice and a piece for each. */
#include "common/net/resolve.c"
#include "input.h"

static int ended;

static void check_addresses(const struct addrs *addrs) {
    char text[ADDR_TEXT];
    if (addrs->count == 0) abort();
    for (size_t i = 0; i < addrs->count; i++) {
        const struct addr *a = &addrs->items[i];
        if (a->size > sizeof a->as) abort();
        addr_text(a, text);
    }
}

static void check_end(struct resolve *r, const struct cause *failure) {
    ended++;
    if (!failure) {
        check_addresses(&r->addrs);
        return;
    }
    if (failure->status != STATUS_UNRESOLVED || !*failure->text) abort();
    for (const char *c = failure->text; *c; c++)
        if ((unsigned char)*c < ' ') abort();
}

/* An address as getaddrinfo(3) might give it, or any bytes. */
static void put_address(struct input *in, struct buf *answer) {
    struct addr a;
    size_t n;
    const char *piece;
    memset(&a, 0, sizeof a);
    switch (input_choice(in, 3)) {
    case 0:
        addr_loopback(AF_INET, (uint16_t)input_choice(in, 256), &a);
        break;
    case 1:
        addr_loopback(AF_INET6, (uint16_t)input_choice(in, 256), &a);
        break;
    default:
        piece = input_piece(in, sizeof a, &n);
        memcpy(&a, piece, n);
    }
    buf_put(answer, &a, sizeof a);
}

static void put_answer(struct input *in, struct buf *answer) {
    struct answer head = {.error = (int)input_choice(in, 16) - 12,
                          .system_error = (int)input_choice(in, 140) - 3,
                          .count = input_choice(in, 70)};
    size_t count = input_choice(in, 8) ? head.count : input_choice(in, 70);
    if (input_choice(in, 4)) head.error = 0;
    buf_put(answer, &head, offsetof(struct answer, items));
    for (size_t i = 0; i < count; i++) put_address(in, answer);
    if (input_choice(in, 8) == 1) buf_put(answer, "cut", 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct resolve r = {.done = check_end, .name = {.host = "localhost", .type = SOCK_STREAM}};
    if (input_choice(&in, 4) == 3) {
        if (in.left > 0) buf_put(&r.bytes, in.at, in.left);
    } else {
        put_answer(&in, &r.bytes);
    }
    ended = 0;
    take_answer(&r);
    if (ended != 1) abort();
    addrs_free(&r.addrs);
    return 0;
}
