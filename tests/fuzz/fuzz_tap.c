/* A hex dump can be read back: whatever goes by in either direction, in whatever pieces and of
 * whichever peers, its lines are harmless and give the very bytes, at the right offsets. */
#include <stdio.h>

#include "common/base/buf.h"
#include "common/io/tap.h"
#include "input.h"

#define PEERS 3

/* What went by, and what the dump gave back of it: received, sent. */
static struct stream { struct buf meant, read; } streams[PEERS][2];

static unsigned peer_now;

static const char *const peers[PEERS] = {"127.0.0.1:1", "[::1]:2", "unix (pid 3)"};

static void read_peer(const char *name, size_t n) {
    for (peer_now = 0; peer_now < PEERS; peer_now++)
        if (strlen(peers[peer_now]) == n && !memcmp(peers[peer_now], name, n)) return;
    abort();
}

static int digit(char c) {
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* "< 00000000  42 6f 6e ...   Bon": two columns a byte, 16 of them at most, and their text. */
static void read_bytes(const char *line, size_t n) {
    struct buf *read = &streams[peer_now][*line == '>'].read;
    unsigned long long offset = 0;
    size_t at = 2;
    for (; at < n && digit(line[at]) >= 0; at++) offset = offset * 16 + (unsigned)digit(line[at]);
    if (at != 10 || offset != read->size) abort();
    at += 2;
    for (int i = 0; i < 16 && at + 1 < n && digit(line[at]) >= 0; i++, at += 3) {
        int high = digit(line[at]), low = digit(line[at + 1]);
        char byte = (char)(high * 16 + low);
        if (low < 0) abort();
        buf_put(read, &byte, 1);
    }
}

static void read_line(void *ctx, const char *line, size_t size) {
    (void)ctx;
    if (size < 3 || line[size - 1] != '\n') abort();
    for (size_t i = 0; i < size - 1; i++)
        if (line[i] < ' ' || line[i] > '~') abort();
    if (*line == '#')
        read_peer(line + 2, size - 3);
    else if (*line == '<' || *line == '>')
        read_bytes(line, size - 1);
    else
        abort();
}

static void pass(struct tap *tap, struct tap_place *places, struct input *in) {
    struct cause cause = {0};
    unsigned peer = input_choice(in, PEERS), sent = input_choice(in, 2);
    size_t n;
    const char *piece = input_piece(in, 200, &n);
    buf_put(&streams[peer][sent].meant, piece, n);
    if ((sent ? tap_sent : tap_received)(tap, &places[peer], piece, n, &cause) < 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct tap tap;
    struct tap_place places[PEERS] = {{.peer = peers[0]}, {.peer = peers[1]}, {.peer = peers[2]}};
    struct cause cause = {0};
    msg_divert(read_line, NULL);
    if (tap_open(&tap, NULL, "-", &cause) < 0) abort();
    while (in.left > 0) pass(&tap, places, &in);
    if (tap_close(&tap, &cause) < 0) abort();
    for (int i = 0; i < 2 * PEERS; i++) {
        struct stream *s = &streams[i / 2][i % 2];
        if (s->meant.size != s->read.size) abort();
        if (memcmp(buf_at(&s->meant), buf_at(&s->read), s->read.size) != 0) abort();
        buf_free(&s->meant);
        buf_free(&s->read);
    }
    return 0;
}
