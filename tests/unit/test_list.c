#include "applets/probe/list.h"

#include "unit.h"

/* The words of a line, with a bar between them; valid until the next call. */
static const char *split(const char *line) {
    static char text[100], out[256];
    char *words[2] = {"", ""};
    size_t n = strlen(line);
    memcpy(text, line, n + 1);
    int count = list_split(text, n, words);
    snprintf(out, sizeof out, "%d:%s|%s", count, count > 0 ? words[0] : "",
             count > 1 ? words[1] : "");
    return out;
}

static void words(void) {
    CHECK_TEXT(split("db"), "1:db|");
    CHECK_TEXT(split("db 5432"), "2:db|5432");
    CHECK_TEXT(split("  db\t 5432 \r"), "2:db|5432");
    CHECK_TEXT(split("db\r"), "1:db|");
}

static void comments(void) {
    CHECK_TEXT(split(""), "0:|");
    CHECK_TEXT(split(" \t\r"), "0:|");
    CHECK_TEXT(split("# db"), "0:|");
    CHECK_TEXT(split("  # db"), "0:|");
    CHECK_TEXT(split("db # the old one"), "1:db|");
    CHECK_TEXT(split("db 80 #x"), "2:db|80");
    CHECK_TEXT(split("http://h/#x 80"), "2:http://h/#x|80");
}

static void too_many(void) { CHECK(split("a b c")[0] == '3' && split("a b c d e")[0] == '3'); }

int main(void) {
    static const struct unit_test tests[] = {
        {"a line has one word or two; blanks and CR are ignored", words},
        {"empty lines and comments are nothing; a '#' within a word is part of it", comments},
        {"more words are told", too_many},
    };
    return UNIT_RUN(tests);
}
