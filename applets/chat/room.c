#include "applets/chat/room.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/lang.h"
#include "common/base/line.h"
#include "common/base/utf8.h"

const char *const room_help[] = {
    "what you type is said to all; a line that begins with / is a command (// says one):",
    "/nick NAME  be called NAME",
    "/who  who is here",
    "/me ACTION  tell what you do",
    "/msg NAME TEXT  tell NAME alone",
    "/quit  leave",
    NULL,
};

const char room_too_long[] = "! a message has at most 4096 bytes, this one has more than 65536";
static_assert(ROOM_MESSAGE_MOST == 4096 && LINE_MOST == 65536, "as room_too_long says");

/* --- texts --- */

static void put_point(struct buf *out, const char *text, size_t n, uint32_t point) {
    if (point == UTF8_INVALID)
        buf_format(out, "\\x%02X", (unsigned)(unsigned char)*text);
    else if (point == '\t')
        buf_put(out, " ", 1);
    else if (point < ' ' || point == 0x7F)
        buf_format(out, "\\x%02X", (unsigned)point);
    else if ((point >= 0x80 && point <= 0x9F) || point == 0x2028 || point == 0x2029 ||
             utf8_is_bidi(point))
        buf_format(out, "\\u{%X}", (unsigned)point);
    else
        buf_put(out, text, n);
}

void room_clean(struct buf *out, const char *text, size_t size) {
    while (size > 0) {
        uint32_t point;
        size_t n = utf8_next(text, size, &point);
        put_point(out, text, n, point);
        text += n;
        size -= n;
    }
}

/* --- lines --- */

struct command {
    const char *word; /* in whatever case */
    enum room_wish wish;
    bool name, text; /* what it needs */
    const char *usage;
};

static const struct command commands[] = {
    {"nick", ROOM_NICK, true, false, "/nick NAME"}, {"who", ROOM_WHO, false, false, "/who"},
    {"me", ROOM_ME, false, true, "/me ACTION"},     {"msg", ROOM_MSG, true, true, "/msg NAME TEXT"},
    {"help", ROOM_HELP, false, false, "/help"},     {"quit", ROOM_QUIT, false, false, "/quit"},
};

static bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

/* Moves *s behind its first word and the blanks that follow; returns the size of the word. */
static size_t take_word(const char **s, size_t *n) {
    size_t size = 0, end;
    while (size < *n && !is_blank((*s)[size])) size++;
    for (end = size; end < *n && is_blank((*s)[end]); end++)
        ;
    *s += end;
    *n -= end;
    return size;
}

static const struct command *find_command(const char *word, size_t size) {
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strlen(commands[i].word) == size && !strncasecmp(commands[i].word, word, size))
            return &commands[i];
    return NULL;
}

static void refuse_unknown(struct room_line *l, const char *word, size_t size, lang_say *say) {
    struct buf shown = {0};
    room_clean(&shown, word, size < 32 ? size : 32);
    snprintf(l->fault, sizeof l->fault,
             say("unknown command /%.*s (/help lists them; // says a line that begins with /)"),
             (int)shown.size, buf_at(&shown));
    buf_free(&shown);
}

/* The n bytes at s: what stands behind the slash. */
static void read_command(struct room_line *l, const char *s, size_t n, lang_say *say) {
    const char *word = s;
    size_t size = take_word(&s, &n);
    const struct command *command = find_command(word, size);
    l->wish = ROOM_FAULT;
    if (!command) {
        refuse_unknown(l, word, size, say);
        return;
    }
    l->name = s;
    l->name_size = command->name ? take_word(&s, &n) : 0;
    l->text = s;
    l->text_size = n;
    bool complete = (!command->name || l->name_size > 0) && (!command->text || n > 0);
    if (complete && (command->wish != ROOM_NICK || n == 0))
        l->wish = command->wish;
    else
        snprintf(l->fault, sizeof l->fault, say("usage: %s"), command->usage);
}

void room_read(struct room_line *l, const char *line, size_t size, lang_say *say) {
    *l = (struct room_line){.wish = ROOM_SAY, .text = line, .text_size = size};
    if (size > ROOM_MESSAGE_MOST) {
        l->wish = ROOM_FAULT;
        snprintf(l->fault, sizeof l->fault,
                 say("a message has at most %zu bytes, this one has %zu"), ROOM_MESSAGE_MOST, size);
    } else if (size == 0) {
        l->wish = ROOM_NOTHING;
    } else if (size > 1 && line[0] == '/' && line[1] == '/') {
        l->text++;
        l->text_size--;
    } else if (line[0] == '/') {
        read_command(l, line + 1, size - 1, say);
    }
}

/* --- what is read of them --- */

void room_speak(struct buf *out, const struct room_line *l, const char *name) {
    buf_format(out, l->wish == ROOM_ME ? "(%s *) " : "(%s) ", name);
    room_clean(out, l->text, l->text_size);
}

void room_whisper(struct buf *out, const struct room_line *l, const char *from, const char *to,
                  lang_say *say) {
    if (to)
        buf_format(out, "(%s -> %s) ", from, to);
    else
        buf_format(out, "%s", say("! nobody here is called "));
    room_clean(out, to ? l->text : l->name, to ? l->text_size : l->name_size);
}

void room_left(struct buf *out, const char *name, bool slow) {
    buf_format(out, tr_wire(slow ? "* %s left (it did not read)" : "* %s left"), name);
}

/* The format of the welcome up to the name. */
static const char *welcomed_so(const char *format, const char *line, size_t line_size,
                               size_t *size) {
    const size_t head = strcspn(format, "%");
    if (line_size < head || memcmp(line, format, head) != 0) return NULL;
    const char *rest = line + head;
    line_size -= head;
    *size = take_word(&rest, &line_size);
    return line + head;
}

const char *room_welcomed(const char *line, size_t line_size, size_t *size) {
    const char *name = welcomed_so(ROOM_WELCOME, line, line_size, size);
    return name ? name : welcomed_so(lang_french(ROOM_WELCOME), line, line_size, size);
}

static bool renames_so(const char *format, const char *line, size_t size, const char *names[2]) {
    char expected[ROOM_RENAMED_MOST];
    int n = snprintf(expected, sizeof expected, format, names[0], (int)strlen(names[1]), names[1]);
    return size == (size_t)n && !memcmp(line, expected, size);
}

bool room_renames(const char *line, size_t size, const char *from, const char *to) {
    const char *names[] = {from, to};
    return renames_so(ROOM_RENAMED, line, size, names) ||
           renames_so(lang_french(ROOM_RENAMED), line, size, names);
}

/* A line that is that text, with any number for a "%llu" in it. */
static bool is_like(const char *line, size_t size, const char *text) {
    size_t at = 0;
    for (; *text; text++) {
        size_t digits = 0;
        if (*text == '%')
            while (at + digits < size && line[at + digits] >= '0' && line[at + digits] <= '9')
                digits++;
        else
            digits = at < size && line[at] == *text;
        if (digits == 0) return false;
        at += digits;
        if (*text == '%') text += strlen("llu");
    }
    return at == size;
}

/* In either language. */
static bool is_said(const char *line, size_t size, const char *text) {
    return is_like(line, size, text) || is_like(line, size, lang_french(text));
}

bool room_refuses(const char *line, size_t size) {
    return size > 1 && line[0] == '!' && line[1] == ' ' && !is_said(line, size, ROOM_AWAY) &&
           !is_said(line, size, ROOM_MISSED);
}
