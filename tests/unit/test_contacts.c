#include "applets/chat/contacts.h"

#include "unit.h"

static struct contacts contacts;

static void hear(const char *line) { contacts_hear(&contacts, line, strlen(line)); }

static const char *complete(const char *text) {
    static char out[256];
    struct buf b = {0};
    contacts_complete(&contacts, text, strlen(text), &b);
    snprintf(out, sizeof out, "%.*s", (int)b.size, buf_at(&b));
    buf_free(&b);
    return out;
}

static void names_of_the_room(void) {
    hear("* here: user1 ada");
    hear("* bob joined");
    hear("(eve) hello (not me)");
    hear("(mallory *) waves");
    hear("(trent -> ada) psst");
    CHECK_TEXT(complete("a"), "da ");
    CHECK_TEXT(complete("/msg b"), "ob ");
    CHECK_TEXT(complete("eV"), "e ");
    CHECK_TEXT(complete("mal"), "lory ");
    CHECK_TEXT(complete("ada"), " ");
    CHECK_TEXT(complete("x"), "");
    CHECK_TEXT(complete("ada "), "");
    CHECK_TEXT(complete(""), "");
    hear("* ada left (it did not read)");
    CHECK_TEXT(complete("a"), "");
    hear("* bob is now Alice");
    CHECK_TEXT(complete("b"), "");
    CHECK_TEXT(complete("AL"), "ice ");
    contacts_free(&contacts);
}

static void up_to_where_names_part(void) {
    hear("* here: stéphane Stéphanie stèle");
    CHECK_TEXT(complete("st"), ""); /* é and è share a byte */
    CHECK_TEXT(complete("sté"), "phan");
    CHECK_TEXT(complete("STÉPHANI"), "e ");
    contacts_free(&contacts);
}

static void lines_of_other_kinds(void) {
    hear("");
    hear("*");
    hear("* ");
    hear("(");
    hear("()");
    hear("* welcome, you are user1 (/help lists the commands)");
    hear("* a joined the club");
    hear("(a\x1b) x");
    hear("! ada is here already");
    CHECK(contacts.roster.count == 0);
    for (int i = 0; i < CONTACTS_MOST + 10; i++) {
        char line[32];
        snprintf(line, sizeof line, "* n%d joined", i);
        hear(line);
    }
    CHECK(contacts.roster.count == CONTACTS_MOST);
    contacts_free(&contacts);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"who is heard of is completed, who has left is not", names_of_the_room},
        {"several names are completed to where they part, in whole characters",
         up_to_where_names_part},
        {"other lines name nobody, and names have a bound", lines_of_other_kinds},
    };
    return UNIT_RUN(tests);
}
