#include "common/base/lang.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <build/catalogue.h> /* made from fr.po by catalogue.awk */

static bool french, asked;
static enum catalogue_letters letters;

static const char *texts[CATALOGUE_TEXTS]; /* in the order of their hashes; unpacked when needed */
static char unpacked[CATALOGUE_BYTES];

/* --- what is asked for --- */

/* The value of the first of three variables that is set and not empty, else "". */
static const char *locale(const char *category) {
    const char *const names[] = {"LC_ALL", category, "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return value;
    }
    return "";
}

/* "fr", "fr_CA.UTF-8", "fr@euro": a locale as locale(7) and the environment write it. */
static bool is_french(const char *locale_name) {
    return !strncmp(locale_name, "fr", 2) && strchr("_.@", locale_name[2]);
}

/* A locale without a character set (C, fr) says nothing of the terminal: UTF-8 is what terminals
 * speak, but of it only the letters are taken. */
static enum catalogue_letters letters_of(const char *locale_name) {
    const char *set = strpbrk(locale_name, ".@");
    if (!set) return CATALOGUE_PLAIN;
    return !strncasecmp(set, ".UTF-8", 6) || !strncasecmp(set, ".UTF8", 5) ? CATALOGUE_UTF8
                                                                           : CATALOGUE_ASCII;
}

bool lang_ask(const char *value) {
    if (strcmp(value, "en") != 0 && strcmp(value, "fr") != 0) return false;
    french = *value == 'f';
    asked = true;
    return true;
}

void lang_start(int argc, char **argv) {
    french = is_french(locale("LC_MESSAGES"));
    letters = letters_of(locale("LC_CTYPE"));
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (!strncmp(argv[i], "--lang=", 7))
            lang_ask(argv[i] + 7);
        else if (!strcmp(argv[i], "--lang") && i + 1 < argc)
            lang_ask(argv[i + 1]);
}

/* --- the catalogue --- */

/* Packed codes, of ten bits each. */
struct packed {
    const uint8_t *at;
    uint32_t bits; /* the lowest of them are still to be taken: */
    unsigned count;
};

static uint16_t take_code(struct packed *p) {
    for (; p->count < 10; p->count += 8) p->bits = p->bits << 8 | *p->at++;
    p->count -= 10;
    return p->bits >> p->count & 1023;
}

/* A code stands for two others, for a letter that is not of ASCII, or for itself. */
static char *unpack(uint16_t code, uint16_t pairs[][2], char *out) {
    if (code >= CATALOGUE_PAIRS) {
        const uint16_t *pair = pairs[code - CATALOGUE_PAIRS];
        return unpack(pair[1], pairs, unpack(pair[0], pairs, out));
    }
    if (code < CATALOGUE_LETTERS) {
        *out = (char)code;
        return out + 1;
    }
    const char *letter = catalogue_letters[code - CATALOGUE_LETTERS][letters];
    memcpy(out, letter, strlen(letter));
    return out + strlen(letter);
}

static void unpack_all(void) {
    static uint16_t pairs[CATALOGUE_CODES - CATALOGUE_PAIRS][2];
    struct packed p = {catalogue_packed, 0, 0};
    char *out = unpacked;
    uint16_t code;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        pairs[i][0] = take_code(&p);
        pairs[i][1] = take_code(&p);
    }
    for (size_t i = 0; i < CATALOGUE_TEXTS; i++) {
        texts[i] = out;
        while ((code = take_code(&p))) out = unpack(code, pairs, out);
        *out++ = '\0';
    }
}

/* As catalogue.awk does it. */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 0;
    while (*text) hash = hash * CATALOGUE_FACTOR + (unsigned char)*text++;
    return hash;
}

const char *lang_french(const char *english) {
    uint32_t hash = hash_of(english);
    size_t from = 0, to = CATALOGUE_TEXTS;
    if (!texts[0]) unpack_all();
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (catalogue_hashes[middle] == hash) return texts[middle];
        if (catalogue_hashes[middle] < hash)
            from = middle + 1;
        else
            to = middle;
    }
    return english;
}

const char *tr(const char *english) { return french ? lang_french(english) : english; }

const char *trn(const char *singular, const char *plural, unsigned long long n) {
    return tr(n == 1 || (french && n == 0) ? singular : plural);
}

const char *tr_wire(const char *english) { return asked ? tr(english) : english; }

const char *trn_wire(const char *singular, const char *plural, unsigned long long n) {
    return asked ? trn(singular, plural, n) : n == 1 ? singular : plural;
}

const char *lang_error(int error) { return tr(strerror(error)); }
