#include "common/base/wrap.h"

#include <stdint.h>
#include <string.h>

#include "unit.h"

static void text_is(const char *text, size_t columns, const char *rows) {
    struct buf out = {NULL, 0, 0, 0};
    wrap_text(text, strlen(text), columns, &out);
    buf_put(&out, "", 1);
    CHECK_TEXT(buf_at(&out), rows);
    buf_free(&out);
}

static void pair_is(const char *head, const char *words, size_t columns, const char *rows) {
    struct buf out = {NULL, 0, 0, 0};
    wrap_pair(head, words, 16, columns, &out);
    buf_put(&out, "", 1);
    CHECK_TEXT(buf_at(&out), rows);
    buf_free(&out);
}

static void a_row_ends_at_a_blank_where_it_can(void) {
    text_is("", 20, "");
    text_is("one two three four five", SIZE_MAX, "one two three four five");
    text_is("twenty columns wide.", 20, "twenty columns wide.");
    text_is("twenty columns wide. and more", 20, "twenty columns wide.\n    and more");
    text_is("twenty columns wider and more", 20, "twenty columns wider\n    and more");
    text_is("twenty columns widest and", 20, "twenty columns\n    widest and");
    text_is("a word of more than twenty-two letters", 20,
            "a word of more than\n    twenty-two\n    letters");
    text_is("0123456789012345678901234567890123456789", 20,
            "01234567890123456789\n    0123456789012345\n    6789");
    text_is("blanks in front of a row's end                 are none of it", 30,
            "blanks in front of a row's end\n    are none of it");
    text_is("< 0000  75 6e                    un", 20, "< 0000  75 6e\n    un");
    text_is("a narrower one is taken for 20", 3, "a narrower one is\n    taken for 20");
}

static void columns_are_counted_not_bytes(void) {
    text_is("äöüäöüäöüäöüäöüäöüäö x", 20, "äöüäöüäöüäöüäöüäöüäö\n    x");
    text_is("中中中中中中中中中中中", 20, "中中中中中中中中中中\n    中");
    CHECK(wrap_columns("中é", strlen("中é")) == 3);
}

static void words_stand_behind_the_call_or_below(void) {
    pair_is("call()    = 0", "its words", 40, "call()    = 0   its words");
    pair_is("call()    = 0", "", 40, "call()    = 0");
    pair_is("call()    = 1234567", "its words", 40, "call()    = 1234567 its words");
    pair_is("call()    = 0", "words that need a row", 30,
            "call()    = 0\n    words that need a row");
    pair_is("call()                 = 0", "words", 20, "call() = 0\n    words");
    pair_is("call(with, many, arguments) = 0", "words", 20,
            "call(with, many,\n    arguments) = 0\n    words");
    pair_is("call()                 = 0", "", 20, "call() = 0");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a row ends at a blank where it can", a_row_ends_at_a_blank_where_it_can},
        {"columns are counted, not bytes", columns_are_counted_not_bytes},
        {"words stand behind the call, or below", words_stand_behind_the_call_or_below},
    };
    return UNIT_RUN(tests);
}
