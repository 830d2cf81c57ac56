/* lang: the language that the program speaks to people, English or French. Texts stand in the
 * sources in English; the French ones are in fr.po, which the build packs into the executable
 * (catalogue.awk). A text that is not in there is said in English. */
#ifndef SOCKKIT_BASE_LANG_H
#define SOCKKIT_BASE_LANG_H

#include <stdbool.h>

#if defined(__GNUC__)
#define LANG_FORMAT(n) __attribute__((format_arg(n)))
#else
#define LANG_FORMAT(n)
#endif

/* Chooses the language, once, before anything is said: that of --lang among the words, where it
 * stands before "--"; else that of the first of LC_ALL, LC_MESSAGES and LANG that is set and not
 * empty; else English. */
void lang_start(int argc, char **argv);

/* --lang: "en" or "fr". Returns false, and changes nothing, where the value is neither. */
bool lang_ask(const char *value);

/* The text in the language chosen; the English one itself where there is no other. Static. A format
 * has the same conversions, in the same order, in both. */
const char *tr(const char *english) LANG_FORMAT(1);

/* The one of two texts that goes with the number n. */
const char *trn(const char *singular, const char *plural, unsigned long long n) LANG_FORMAT(1)
    LANG_FORMAT(2);

/* The same for what goes to a peer, who may speak another language: English unless --lang asked. */
const char *tr_wire(const char *english) LANG_FORMAT(1);
const char *trn_wire(const char *singular, const char *plural, unsigned long long n) LANG_FORMAT(1)
    LANG_FORMAT(2);

/* tr or tr_wire: in which language somebody is spoken to. */
typedef const char *lang_say(const char *english);

/* The French text, whatever was chosen: of what a peer may say in either language. */
const char *lang_french(const char *english) LANG_FORMAT(1);

/* strerror(3), in the language chosen. */
const char *lang_error(int error);

#endif
