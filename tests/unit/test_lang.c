#include "common/base/lang.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/chat/duo.h"
#include "applets/chat/room.h"
#include "unit.h"

static void start(const char *all, const char *messages, const char *lang) {
    char name[] = "sockkit", *words[] = {name, NULL};
    setenv("LC_ALL", all, 1);
    setenv("LC_MESSAGES", messages, 1);
    setenv("LC_CTYPE", "C.UTF-8", 1);
    setenv("LANG", lang, 1);
    lang_start(1, words);
}

static bool is_french(void) { return !strcmp(tr("connected"), "connecté"); }

/* Before --lang has asked for anything. */
static void environment(void) {
    static const struct {
        const char *all, *messages, *lang;
        bool french;
    } cases[] = {
        {"", "", "", false},
        {"", "", "fr_FR.UTF-8", true},
        {"", "", "fr", true},
        {"", "", "fr@euro", true},
        {"", "", "fr_CA", true},
        {"", "fr", "en_US.UTF-8", true},
        {"", "en_US.UTF-8", "fr", false},
        {"C", "fr", "fr", false},
        {"fr", "C", "C", true},
        {"", "", "fry_NL", false},
        {"", "", "FR", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].all, cases[i].messages, cases[i].lang);
        CHECK(is_french() == cases[i].french);
    }
}

static void unknown_text(void) {
    start("fr_FR.UTF-8", "", "");
    CHECK_TEXT(tr("no text of this program"), "no text of this program");
    CHECK_TEXT(tr(""), "");
}

static void numbers(void) {
    start("C", "", "");
    CHECK_TEXT(trn("%ld byte", "%ld bytes", 0), "%ld bytes");
    CHECK_TEXT(trn("%ld byte", "%ld bytes", 1), "%ld byte");
    start("fr", "", "");
    CHECK_TEXT(trn("%ld byte", "%ld bytes", 0), "%ld octet");
    CHECK_TEXT(trn("%ld byte", "%ld bytes", 1), "%ld octet");
    CHECK_TEXT(trn("%ld byte", "%ld bytes", 2), "%ld octets");
}

static void system_texts(void) {
    start("fr", "", "");
    CHECK_TEXT(lang_error(ECONNREFUSED), "Connexion refusée");
    CHECK(strcmp(lang_error(EADDRINUSE), strerror(EADDRINUSE)) != 0);
    start("C", "", "");
    CHECK_TEXT(lang_error(ECONNREFUSED), strerror(ECONNREFUSED));
}

static bool has(const char *whole, const char *part) {
    return strstr(lang_french(whole), lang_french(part)) != NULL;
}

/* Programs look for these, in what another says. */
static void parts(void) {
    CHECK(has("* %s left, " DUO_FAREWELL "\n", DUO_FAREWELL));
    CHECK(has("* bye, " DUO_FAREWELL "\n", DUO_FAREWELL));
    CHECK(has("* %s has ended, and " DUO_LISTENS "\n", DUO_LISTENS));
    CHECK(has("* here: %s %s\n", "here:") && has("* here:", "here:"));
    CHECK(has("* %s joined", "joined") && has("* %s joined\n", "joined"));
    CHECK(has("* %s left", "left") && has("* %s left (it did not read)", "left"));
    CHECK(has(ROOM_RENAMED, "is") && has(ROOM_RENAMED, "now"));
    CHECK(has("its one peer from now on; nothing was sent", "its one peer"));
    CHECK(has("end of stream: the peer shut down its side", "end of stream"));
    CHECK(has("connected: the handshake took %s", "connected"));
    CHECK(has("we ended first: this side will be in TIME_WAIT for %s",
              "this side will be in TIME_WAIT"));
    CHECK(has("we ended first: once the peer ends too, this side will be in TIME_WAIT for %s",
              "this side will be in TIME_WAIT"));
}

static bool is_ascii(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] > 127) return false;
    return true;
}

/* So that they are the same whatever the terminal of the server is. */
static void wire_words(void) {
    static const char *const words[] = {
        DUO_FAREWELL, DUO_LISTENS, ROOM_RENAMED,  ROOM_AWAY,  ROOM_MISSED,
        "here:",      "* here:",   "* %s joined", "* %s left"};
    const char *welcome = lang_french(ROOM_WELCOME);
    CHECK(is_ascii(welcome, strcspn(welcome, "%")));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *french = lang_french(words[i]);
        CHECK(is_ascii(french, strlen(french)) && strcmp(french, words[i]) != 0);
    }
}

static void wire(void) {
    start("fr", "", "");
    CHECK_TEXT(tr_wire("ERR line too long\n"), "ERR line too long\n");
    CHECK_TEXT(trn_wire("%ld byte", "%ld bytes", 0), "%ld bytes");
    CHECK(!lang_ask("de") && !lang_ask("") && !lang_ask("french"));
    CHECK_TEXT(tr_wire("ERR line too long\n"), "ERR line too long\n");
    CHECK(lang_ask("fr"));
    CHECK_TEXT(tr_wire("ERR line too long\n"), "ERR ligne trop longue\n");
    CHECK_TEXT(trn_wire("%ld byte", "%ld bytes", 0), "%ld octet");
    CHECK(lang_ask("en") && !is_french());
}

int main(void) {
    static const struct unit_test tests[] = {
        {"LC_ALL, LC_MESSAGES and LANG choose, in this order, where they are not empty",
         environment},
        {"what is not in the catalogue is said in English", unknown_text},
        {"0 is plural in English and singular in French", numbers},
        {"the system's errors are said in the language chosen", system_texts},
        {"what programs look for is in the sentences that they look through", parts},
        {"what a room tells programs is ASCII", wire_words},
        {"peers hear English unless a language was asked for", wire},
    };
    return UNIT_RUN(tests);
}
