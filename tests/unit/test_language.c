#include "applets/cmd/language.h"

#include <stdlib.h>

#include "unit.h"

#define NOON 1700000000 /* 2023-11-14T22:13:20Z */

static bool go_on;

/* The answer to a line, behind "> " which stood there before; owned by the caller. */
static char *answer(const char *line, size_t size) {
    struct buf out = {0};
    buf_put(&out, "> ", 2);
    go_on = language_answer(&out, line, size, "127.0.0.1:4711", NOON);
    buf_put(&out, "", 1);
    char *copy = malloc(out.size);
    memcpy(copy, buf_at(&out), out.size);
    buf_free(&out);
    return copy;
}

static void answers(const char *line, const char *expected) {
    char *got = answer(line, strlen(line));
    CHECK(!strncmp(got, "> ", 2));
    CHECK_TEXT(got + 2, expected);
    free(got);
}

static void case_of_text(void) {
    answers("UPPER bonjour, tout le monde 42 [z] {a} `@", "BONJOUR, TOUT LE MONDE 42 [Z] {A} `@\n");
    answers("UPPER é", "É\n");
    answers("UPPER ça et là, l'œuvre ÿ жизнь αβγ", "ÇA ET LÀ, L'ŒUVRE Ÿ ЖИЗНЬ ΑΒΓ\n");
    answers("UPPER ɐ日本ß", "Ɐ日本ß\n");
    answers("LOWER BONJOUR É [Z] Ж 42", "bonjour é [z] ж 42\n");
    answers("UPPER a\xff"
            "b\xc3",
            "A\xff"
            "B\xc3\n");
    answers("UPPER", "\n");
    answers("UPPER ", "\n");
}

static void other_texts(void) {
    answers("REVERSE abc", "cba\n");
    answers("REVERSE été 日本", "本日 été\n");
    answers("REVERSE ae\u0301b", "be\u0301a\n");
    answers("REVERSE a\U0001f469\u200d\U0001f467\U0001f1eb\U0001f1f7\U0001f44d\U0001f3fdz",
            "z\U0001f44d\U0001f3fd\U0001f1eb\U0001f1f7\U0001f469\u200d\U0001f467"
            "a\n");
    answers("REVERSE a\xc3", "\xc3"
                             "a\n");
    answers("REVERSE", "\n");
    answers("LEN abc", "3\n");
    answers("LEN été", "3\n");
    answers("LEN 日本 \xff", "4\n");
    answers("LEN", "0\n");
    answers("ECHO  two  spaces ", " two  spaces \n");
    answers("ECHO", "\n");
}

static void time_and_place(void) {
    setenv("TZ", "XXX-05:30", 1);
    answers("DATENOW", "1700000000\n");
    answers("DATE", "2023-11-15T03:43:20+05:30\n");
    answers("WHOAMI", "127.0.0.1:4711\n");
}

static void any_case_and_blanks(void) {
    answers("upper a", "A\n");
    answers("  uPpEr\ta", "A\n");
    answers("datenow", "1700000000\n");
}

static void refusals(void) {
    answers("FOO", "ERR unknown command 'FOO' (HELP lists them)\n");
    answers("foo bar", "ERR unknown command 'foo' (HELP lists them)\n");
    answers("", "ERR empty line (HELP lists the commands)\n");
    answers("   ", "ERR empty line (HELP lists the commands)\n");
    answers("UPPERX a", "ERR unknown command 'UPPERX' (HELP lists them)\n");
    answers("UP a", "ERR unknown command 'UP' (HELP lists them)\n");
    answers("\x1b[31m\"é", "ERR unknown command '\\x1b[31m\\\"é' (HELP lists them)\n");
    answers("a234567890123456789012345678901234567890",
            "ERR unknown command 'a2345678901234567890123456789012...' (HELP lists them)\n");
    answers("DATE now", "ERR DATE takes no text\n");
    answers("QUIT now", "ERR QUIT takes no text\n");
    CHECK(go_on);
}

static void nul_is_a_byte(void) {
    char *got = answer("LEN a\0b", 7);
    CHECK_TEXT(got, "> 3\n");
    free(got);
    got = answer("ECHO a\0b", 8);
    CHECK(!memcmp(got, "> a\0b\n", 7));
    free(got);
    got = answer("LEN\0", 4);
    CHECK_TEXT(got, "> ERR unknown command 'LEN\\x00' (HELP lists them)\n");
    free(got);
}

static void help_has_all(void) {
    static const char *const words[] = {"UPPER", "LOWER",   "REVERSE", "LEN",  "ECHO",
                                        "DATE",  "DATENOW", "WHOAMI",  "HELP", "QUIT"};
    char *got = answer("HELP", 4);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) CHECK(strstr(got, words[i]));
    CHECK(strchr(got, '\n') == got + strlen(got) - 1);
    free(got);
}

static void only_quit_ends(void) {
    answers("HELPME", "ERR unknown command 'HELPME' (HELP lists them)\n");
    CHECK(go_on);
    answers("ECHO QUIT", "QUIT\n");
    CHECK(go_on);
    answers("quit", "BYE\n");
    CHECK(!go_on);
}

/* Each letter takes a byte more: the largest growth there is. */
static void growth(void) {
    enum { LETTERS = 30000 };

    char *line = malloc(6 + 2 * LETTERS);
    memcpy(line, "UPPER ", 6);
    for (size_t i = 0; i < LETTERS; i++) memcpy(line + 6 + 2 * i, "\xc9\x90", 2);
    char *got = answer(line, 6 + 2 * LETTERS);
    CHECK(strlen(got) == 2 + 3 * LETTERS + 1);
    CHECK(!strncmp(got + 2, "Ɐ", 3) && !strncmp(got + 2 + 3 * (LETTERS - 1), "Ɐ\n", 4));
    free(got);
    free(line);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"UPPER and LOWER switch the letters of any script, and leave the rest", case_of_text},
        {"REVERSE, LEN and ECHO know characters, not bytes", other_texts},
        {"DATE has the offset, DATENOW the seconds, WHOAMI the peer", time_and_place},
        {"words are known in either case and behind blanks", any_case_and_blanks},
        {"what is no command is refused by name, made visible and cut", refusals},
        {"NUL is a byte like any other", nul_is_a_byte},
        {"HELP names every command on one line", help_has_all},
        {"QUIT, and nothing else, is the last", only_quit_ends},
        {"an answer longer than its question is whole", growth},
    };
    return UNIT_RUN(tests);
}
