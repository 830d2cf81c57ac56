#include "applets/chat/duo.h"
#include "applets/chat/name.h"
#include "applets/chat/room.h"
#include "unit.h"

/* --- room --- */

static const char *fault(const char *name) { return name_fault(name, strlen(name)); }

static void names(void) {
    CHECK(!fault("ada") && !fault("Jürgen") && !fault("日本") && !fault("x"));
    CHECK(!fault("12345678901234567890123456789012"));
    CHECK(fault("123456789012345678901234567890123") != NULL);
    CHECK(fault("") && fault("a b") && fault("a(b") && fault(")") && fault("a\tb") &&
          fault("a\x1b") && fault("\x7f"));
    CHECK(fault("e\xcc\x81") != NULL); /* a combining acute */
    /* a visarga, a Hangul tone mark: they have a width */
    CHECK(fault("a\xe0\xa4\x83") && fault("\xe3\x80\xae"));
    CHECK(fault("a\xe2\x80\x8b") != NULL); /* a zero-width space */
    CHECK(fault("a\xe2\x80\xae") != NULL); /* a right-to-left override */
    /* spaces of other kinds */
    CHECK(fault("a\xc2\xa0") && fault("\xe3\x80\x80") && fault("\xe2\x80\x83"));
    CHECK(fault("\xff") && fault("\xc2\x9b"));
    /* Hangul and Braille blanks, an object's place, a musical one */
    CHECK(fault("\xe3\x85\xa4") && fault("\xef\xbe\xa0") && fault("\xe1\x85\x9f") &&
          fault("\xe2\xa0\x80") && fault("\xef\xbf\xbc") && fault("\xf0\x9d\x85\x99"));
    /* private use, not assigned, no character */
    CHECK(fault("\xee\x80\x80") && fault("\xf3\xb0\x80\x80") && fault("\xcd\xb8") &&
          fault("\xf0\xa0\x80\x80\xf3\xa0\x80\xa1") && fault("\xef\xbf\xbf"));
    /* a soft hyphen, a variation selector, a joiner, a tag, a skin tone */
    CHECK(fault("a\xc2\xad") && fault("a\xef\xb8\x8f") && fault("a\xe2\x80\x8d") &&
          fault("\xf3\xa0\x81\xa1") && fault("\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"));
    CHECK(!fault("!*:;-_") && !fault("\xf0\x9f\x98\x80") && !fault("\xd0\x96\xce\xa9\xd7\xa9"));
    CHECK(fault("here:") && !fault("here") && !fault("there:"));
}

static void composed_names(void) {
    CHECK(strstr(fault("e\xcc\x81"), "composed") != NULL);
    CHECK(strstr(fault("\xe1\x84\x80\xe1\x85\xa1"), "composed") != NULL);
    CHECK(strstr(fault("\xe3\x81\x8b\xe3\x82\x99"), "composed") != NULL);
    CHECK(strstr(fault("\xcc\x81"), "composed") == NULL); /* with nothing to be composed with */
    CHECK(!fault("\xc3\xa9") && !fault("\xea\xb0\x80") && !fault("\xe3\x81\x8c"));
}

static bool same(const char *a, const char *b) {
    char keys[2][NAME_BYTES];
    name_key(a, strlen(a), keys[0]);
    name_key(b, strlen(b), keys[1]);
    return !strcmp(keys[0], keys[1]);
}

static void keys(void) {
    CHECK(same("Ada", "aDA") && same("ÉCOLE", "école") && same("Ω", "ω") && same("Я", "я"));
    CHECK(same("\xe2\x84\xaa", "k"));                             /* the Kelvin sign */
    CHECK(same("\xc5\xbf", "s") && same("\xcf\x82", "\xcf\x83")); /* the long s, the final sigma */
    CHECK(!same("ada", "adb") && !same("a", "aa"));
}

static const char *clean(const char *text, size_t size) {
    static char out[512];
    struct buf b = {0};
    room_clean(&b, text, size);
    snprintf(out, sizeof out, "%.*s", (int)b.size, buf_at(&b));
    buf_free(&b);
    return out;
}

static void harmless(void) {
    CHECK_TEXT(clean("a\tb\rc\x1b[2J\x7f\0", 11), "a b\\x0Dc\\x1B[2J\\x7F\\x00");
    CHECK_TEXT(clean("\xff\xc3", 2), "\\xFF\\xC3");
    CHECK_TEXT(clean("\xc2\x9b\xe2\x80\xae\xe2\x81\xa6", 8), "\\u{9B}\\u{202E}\\u{2066}");
    CHECK_TEXT(clean("\xe2\x80\xa8* bob left\xe2\x80\xa9", 16), "\\u{2028}* bob left\\u{2029}");
    CHECK_TEXT(clean("héé 日本", 12), "héé 日本");
}

static void welcomes(void) {
    char welcome[128];
    size_t size = 0;
    snprintf(welcome, sizeof welcome, ROOM_WELCOME, "user2");
    const char *name = room_welcomed(welcome, strlen(welcome), &size);
    CHECK(name && size == 5 && !memcmp(name, "user2", 5));
    CHECK(!room_welcomed("* here: user2 ada", 17, &size) && !room_welcomed("* ", 2, &size) &&
          !room_welcomed("", 0, &size));
    CHECK(room_refuses("! no", 4) && !room_refuses("!", 1) && !room_refuses("(a) ! x", 7));
}

static struct room_line read_line(const char *text) {
    struct room_line l;
    room_read(&l, text, strlen(text), tr);
    return l;
}

#define PIECE(piece, expected) \
    CHECK(l.piece##_size == strlen(expected) && !memcmp(l.piece, expected, l.piece##_size))

static void wishes(void) {
    struct room_line l = read_line("hello there");
    CHECK(l.wish == ROOM_SAY);
    PIECE(text, "hello there");
    CHECK(read_line("").wish == ROOM_NOTHING);
    l = read_line("//me too");
    CHECK(l.wish == ROOM_SAY);
    PIECE(text, "/me too");
    l = read_line("/me  waves at you ");
    CHECK(l.wish == ROOM_ME);
    PIECE(text, "waves at you ");
    l = read_line("/msg bob  well, hello");
    CHECK(l.wish == ROOM_MSG);
    PIECE(name, "bob");
    PIECE(text, "well, hello");
    l = read_line("/nick  ada ");
    CHECK(l.wish == ROOM_NICK);
    PIECE(name, "ada");
    CHECK(read_line("/who").wish == ROOM_WHO && read_line("/help").wish == ROOM_HELP &&
          read_line("/quit").wish == ROOM_QUIT);
    CHECK(read_line("/nick").wish == ROOM_FAULT && read_line("/nick a b").wish == ROOM_FAULT);
    CHECK(read_line("/me").wish == ROOM_FAULT && read_line("/msg bob").wish == ROOM_FAULT);
    CHECK(read_line("/WHO").wish == ROOM_WHO && read_line("/Me nods").wish == ROOM_ME);
    CHECK(read_line("/nicks a").wish == ROOM_FAULT && read_line("/").wish == ROOM_FAULT);
}

static void limit(void) {
    static char text[4200];
    struct room_line l;
    memset(text, 'x', sizeof text);
    room_read(&l, text, 4096, tr);
    CHECK(l.wish == ROOM_SAY && l.text_size == 4096);
    room_read(&l, text, 4097, tr);
    CHECK(l.wish == ROOM_FAULT && strstr(l.fault, "4096"));
}

static void unknown_is_harmless(void) {
    struct room_line l = read_line("/\x1b[2J");
    CHECK(l.wish == ROOM_FAULT && !strchr(l.fault, 0x1b) && strstr(l.fault, "\\x1B[2J"));
}

/* --- a room of two --- */

static struct duo two;

static void types(enum duo_who who, const char *line) {
    duo_line(&two, who, line, strlen(line), "stop");
}

static void expect(enum duo_who who, const char *expected) {
    static char got[1024];
    snprintf(got, sizeof got, "%.*s", (int)two.to[who].size, buf_at(&two.to[who]));
    CHECK_TEXT(got, expected);
    buf_clear(&two.to[who]);
}

static void talk_of_two(void) {
    duo_start(&two, "ada", "guest");
    duo_greet(&two);
    expect(DUO_HOST, "* guest joined\n");
    buf_clear(&two.to[DUO_GUEST]);
    types(DUO_GUEST, "hi\x1b");
    expect(DUO_HOST, "(guest) hi\\x1B\n");
    expect(DUO_GUEST, "(guest) hi\\x1B\n");
    types(DUO_GUEST, "/nick ADA");
    expect(DUO_GUEST, "! that name is taken\n");
    types(DUO_GUEST, "/nick bob");
    expect(DUO_HOST, "* guest is now bob\n");
    types(DUO_HOST, "/msg BOB psst");
    expect(DUO_HOST, "(ada -> bob) psst\n");
    types(DUO_HOST, "/msg bob\xff psst");
    expect(DUO_HOST, "! nobody here is called bob\\xFF\n");
    types(DUO_HOST, "/me nods");
    expect(DUO_HOST, "(ada *) nods\n");
    expect(DUO_GUEST, "* guest is now bob\n(ada -> bob) psst\n(ada *) nods\n");
    CHECK(!two.over);
    types(DUO_GUEST, "stop");
    CHECK(two.over);
    expect(DUO_HOST, "* bob left, " DUO_FAREWELL "\n");
    duo_free(&two);
}

static void names_of_two_differ(void) {
    duo_start(&two, "Guest", "guest");
    CHECK(strcmp(two.names[DUO_GUEST], "guest") != 0);
    duo_free(&two);
}

static bool refuses(const char *line) { return room_refuses(line, strlen(line)); }

static void tells_refusals_from_notices(void) {
    CHECK(refuses("! ada is here already") && refuses("! the hub") &&
          refuses("! x lines were missed"));
    CHECK(!refuses("* ! x") && !refuses("!") && !refuses("(! x) y"));
    CHECK(!refuses(ROOM_AWAY) && !refuses("! 1 lines were missed"));
    CHECK(!refuses("! 18446744073709551615 lines were missed"));
    CHECK(refuses("! 12 lines were missed now") && refuses("! lines were missed"));
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a name is 1 to 32 printable characters, nothing that combines or hides", names},
        {"a name in decomposed form is told to be composed", composed_names},
        {"names that differ in case alone are the same", keys},
        {"what could act on a terminal is made harmless, other text passes", harmless},
        {"a welcome tells the name it gives, a refusal is known", welcomes},
        {"a line is read as what it asks for", wishes},
        {"a message of 4096 bytes is one, a longer one is refused", limit},
        {"an unknown command is named harmlessly", unknown_is_harmless},
        {"two talk, are called, whisper and stop", talk_of_two},
        {"host and guest never have one name", names_of_two_differ},
        {"what a hub lets members know is no refusal", tells_refusals_from_notices},
    };
    return UNIT_RUN(tests);
}
