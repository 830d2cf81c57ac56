#include "applets/cmd/language.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/base/casemap.h"
#include "common/base/grapheme.h"
#include "common/base/lang.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/base/vis.h"

#define WORD_SHOWN 32 /* bytes of an unknown word that an error quotes */

/* A command and the text behind it. */
struct request {
    const char *text;
    size_t size;
    const char *peer;
    time_t now;
};

/* --- commands on text --- */

/* The same byte eight times. */
#define EIGHT(byte) ((uint64_t)(byte)*UINT64_C(0x0101010101010101))

/* Copies ASCII up to the first byte that is none (most text has none), its letters in the other
 * case: those of the 26 that begin at `first`. Eight bytes at a time: the top bit of a sum tells
 * which bytes are letters, and no sum of two 7-bit numbers carries into the next byte. Returns how
 * many. */
static size_t switch_ascii(char *to, const char *s, size_t n, char first) {
    size_t i = 0;
    for (uint64_t word; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, s + i, sizeof word);
        if (word & EIGHT(0x80)) break;
        uint64_t letters =
            (word + EIGHT(0x80 - first)) & ~(word + EIGHT(0x80 - first - 26)) & EIGHT(0x80);
        word ^= letters >> 2; /* the cases differ in 0x20 */
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < n && (unsigned char)s[i] < 0x80; i++)
        to[i] = (char)(s[i] ^ (((unsigned char)(s[i] - first) < 26) << 5));
    return i;
}

/* Copies one character beyond ASCII in the other case. Returns its length in s. */
static size_t switch_letter(char **to, const char *s, size_t n, uint32_t (*other)(uint32_t)) {
    uint32_t point;
    size_t length = utf8_next(s, n, &point);
    if (length == 1)
        *(*to)++ = *s;
    else
        *to += utf8_encode(other(point), *to);
    return length;
}

static void put_letters(struct buf *out, const struct request *r, char first,
                        uint32_t (*other)(uint32_t)) {
    /* A letter of 2 bytes may become one of 3. */
    char *begin = buf_reserve(out, 2 * r->size), *to = begin;
    for (size_t i = 0; i < r->size;) {
        size_t ascii = switch_ascii(to, r->text + i, r->size - i, first);
        i += ascii;
        to += ascii;
        if (i < r->size) i += switch_letter(&to, r->text + i, r->size - i, other);
    }
    buf_grown(out, (size_t)(to - begin));
}

static void upper(struct buf *out, const struct request *r) {
    put_letters(out, r, 'a', casemap_upper);
}

static void lower(struct buf *out, const struct request *r) {
    put_letters(out, r, 'A', casemap_lower);
}

/* Fills the answer from its end to its beginning. */
static void reverse(struct buf *out, const struct request *r) {
    char *end = buf_reserve(out, r->size) + r->size;
    int columns;
    for (size_t i = 0, n; i < r->size; i += n) {
        n = grapheme_next(r->text + i, r->size - i, &columns);
        end -= n;
        memcpy(end, r->text + i, n);
    }
    buf_grown(out, r->size);
}

static void len(struct buf *out, const struct request *r) {
    uint32_t point;
    size_t count = 0;
    for (size_t i = 0; i < r->size; count++) i += utf8_next(r->text + i, r->size - i, &point);
    buf_format(out, "%zu", count);
}

static void echo(struct buf *out, const struct request *r) { buf_put(out, r->text, r->size); }

/* --- commands without a text --- */

static void date(struct buf *out, const struct request *r) {
    char stamp[TEXT_STAMP];
    buf_format(out, "%s", text_stamp(r->now, stamp));
}

static void datenow(struct buf *out, const struct request *r) {
    buf_format(out, "%lld", (long long)r->now);
}

static void whoami(struct buf *out, const struct request *r) { buf_format(out, "%s", r->peer); }

static void quit(struct buf *out, const struct request *r) {
    (void)r;
    buf_format(out, "BYE");
}

static void help(struct buf *out, const struct request *r);

static const struct command {
    const char *word;
    void (*answer)(struct buf *out, const struct request *r);
    bool has_text;
} commands[] = {
    {"UPPER", upper, true},      {"LOWER", lower, true},    {"REVERSE", reverse, true},
    {"LEN", len, true},          {"ECHO", echo, true},      {"DATE", date, false},
    {"DATENOW", datenow, false}, {"WHOAMI", whoami, false}, {"HELP", help, false},
    {"QUIT", quit, false},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void help(struct buf *out, const struct request *r) {
    (void)r;
    for (size_t i = 0; i < COMMANDS; i++)
        buf_format(out, "%s%s%s", i ? ", " : tr_wire("commands: "), commands[i].word,
                   commands[i].has_text ? tr_wire(" TEXT") : "");
}

/* --- a line --- */

static const struct command *command_named(const char *word, size_t size) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strlen(commands[i].word) == size && !strncasecmp(commands[i].word, word, size))
            return &commands[i];
    return NULL;
}

static void refuse(struct buf *out, const char *word, size_t size) {
    char shown[4 * WORD_SHOWN + 16];
    if (size == 0) {
        buf_format(out, "%s", tr_wire("ERR empty line (HELP lists the commands)"));
        return;
    }
    vis_quote(word, size, WORD_SHOWN, shown);
    char *quote = strrchr(shown, '"'); /* where the word was cut, dots stand behind the quote */
    buf_format(out, tr_wire("ERR unknown command '%.*s%s' (HELP lists them)"),
               (int)(quote - shown - 1), shown + 1, quote + 1);
}

static void answer(struct buf *out, const struct command *command, const struct request *r) {
    if (!command->has_text && r->size > 0)
        buf_format(out, tr_wire("ERR %s takes no text"), command->word);
    else
        command->answer(out, r);
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool language_answer(struct buf *out, const char *line, size_t size, const char *peer, time_t now) {
    const char *end = line + size, *word = line;
    while (word < end && is_blank(*word)) word++;
    const char *text = word;
    while (text < end && !is_blank(*text)) text++;
    size_t length = (size_t)(text - word);
    if (text < end) text++; /* one blank ends the word; more of them belong to the text */

    const struct command *command = command_named(word, length);
    struct request r = {.text = text, .size = (size_t)(end - text), .peer = peer, .now = now};
    if (command)
        answer(out, command, &r);
    else
        refuse(out, word, length);
    buf_put(out, "\n", 1);
    return !command || command->answer != quit || r.size > 0;
}
