#include "applets/chat/resp.h"

#include <stdlib.h>

#include "unit.h"

/* One character an item: its kind, "," where the reply goes on, ";" where it is over; behind it
 * what it holds. */
static void write_item(struct buf *out, const struct resp_item *item) {
    static const char kinds[] = " !+-:$_*";
    buf_format(out, "%u%c", item->depth, kinds[item->kind]);
    if (item->kind == RESP_INTEGER || item->kind == RESP_ARRAY)
        buf_format(out, "%lld", (long long)item->number);
    else if (item->text)
        buf_format(out, "%.*s", (int)item->size, item->text);
    else if (item->kind == RESP_BULK)
        buf_format(out, "(%zu)", item->size);
    buf_put(out, item->last ? ";" : ",", 1);
}

/* All items of the bytes, handed over in pieces of `step` bytes. */
static char *items_of(const char *bytes, size_t n, size_t step) {
    struct resp r = {.depth = 0};
    struct resp_item item = {.kind = RESP_MORE};
    struct buf out = {0};
    for (size_t at = 0; at < n && item.kind != RESP_BROKEN; at += step) {
        const char *s = bytes + at;
        size_t left = n - at < step ? n - at : step;
        while ((item = resp_next(&r, &s, &left)).kind > RESP_BROKEN) write_item(&out, &item);
        if (item.kind == RESP_BROKEN) buf_put(&out, "!", 1);
    }
    resp_free(&r);
    buf_put(&out, "", 1);
    char *text = strdup(buf_at(&out));
    buf_free(&out);
    return text;
}

static void check(const char *bytes, size_t n, const char *expected) {
    for (size_t step = 1; step <= n; step++) {
        char *got = items_of(bytes, n, step);
        CHECK_TEXT(got, expected);
        free(got);
    }
}

#define REPLY(text, expected) check(text, sizeof(text) - 1, expected)

static void tells_the_items_of_replies(void) {
    REPLY("+OK\r\n:42\r\n:-1\r\n-ERR no\r\n", "0+OK;0:42;0:-1;0-ERR no;");
    REPLY("$5\r\nhello\r\n$0\r\n\r\n$-1\r\n", "0$hello;0$;0_;");
    REPLY("*2\r\n$1\r\na\r\n*2\r\n:1\r\n*-1\r\n+x\r\n", "0*2,1$a,1*2,2:1,2_;0+x;");
    REPLY("*0\r\n*2\r\n*0\r\n*1\r\n*0\r\n:7\r\n", "0*0;0*2,1*0,1*1,2*0;0:7;");
    REPLY("$4\r\n\r\n\r\n\r\n", "0$\r\n\r\n;");
}

static void refuses_what_is_no_reply(void) {
    REPLY("hello\r\n", "!");
    REPLY("\r\n", "!");
    REPLY(":\r\n", "!");
    REPLY(":1x\r\n", "!");
    REPLY("$-2\r\n", "!");
    REPLY("*-9\r\n", "!");
    REPLY(":1234567890123456789\r\n", "!");
    REPLY("$99999999999999999999\r\n", "!");
    REPLY("*2147483648\r\n", "!");
    REPLY("+OK\n", "!");
    REPLY("$1\r\naXX", "!");
    REPLY("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
          "0*1,1*1,2*1,3*1,4*1,5*1,6*1,7*1,!");
}

/* The kind of what comes of n bytes of `fill` behind a head, and a tail. */
static struct resp_item large(struct resp *r, const char *head, size_t n, const char *tail) {
    struct buf all = {0};
    buf_put(&all, head, strlen(head));
    memset(buf_reserve(&all, n), 'x', n);
    buf_grown(&all, n);
    buf_put(&all, tail, strlen(tail));
    const char *s = buf_at(&all);
    size_t left = all.size;
    struct resp_item item = resp_next(r, &s, &left);
    item.text = NULL;
    buf_free(&all);
    return item;
}

static void skips_a_string_that_is_too_long(void) {
    struct resp r = {.depth = 0};
    struct resp_item item = large(&r, "$100000\r\n", 100000, "\r\n");
    CHECK(item.kind == RESP_BULK && item.size == 100000 && item.last && r.held.capacity < 100);
    item = large(&r, "$16384\r\n", 16384, "\r\n");
    CHECK(item.kind == RESP_BULK && item.size == 16384);
    item = large(&r, "*2\r\n", 0, "");
    CHECK(item.kind == RESP_ARRAY);
    CHECK(large(&r, "$2000000000\r\n", 1000000, "").kind == RESP_MORE && r.held.size < 100);
    resp_free(&r);
}

static void refuses_a_line_that_is_too_long(void) {
    struct resp r = {.depth = 0};
    CHECK(large(&r, "+", 2000, "\r\n").kind == RESP_BROKEN);
    CHECK(large(&r, "+OK\r\n", 0, "").kind == RESP_BROKEN); /* and it stays so */
    resp_free(&r);
    r = (struct resp){.depth = 0};
    CHECK(large(&r, "-", 2000, "").kind == RESP_BROKEN);
    resp_free(&r);
}

static void writes_commands(void) {
    struct buf out = {0};
    resp_command(&out, 4);
    resp_text(&out, "SET");
    resp_put(&out, "a\r\n\0b", 5);
    resp_number(&out, UINT64_MAX);
    resp_text(&out, "");
    static const char expected[] =
        "*4\r\n$3\r\nSET\r\n$5\r\na\r\n\0b\r\n$20\r\n18446744073709551615\r\n$0\r\n\r\n";
    CHECK(out.size == sizeof expected - 1 && !memcmp(buf_at(&out), expected, out.size));
    buf_free(&out);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"the items of replies are told, wherever these are cut", tells_the_items_of_replies},
        {"what is no reply is refused", refuses_what_is_no_reply},
        {"a string that is too long is skipped, and not kept", skips_a_string_that_is_too_long},
        {"a line that is too long is refused", refuses_a_line_that_is_too_long},
        {"commands hold any bytes", writes_commands},
    };
    return UNIT_RUN(tests);
}
