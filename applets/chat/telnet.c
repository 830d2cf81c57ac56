#include "applets/chat/telnet.h"

#include <assert.h>
#include <string.h>

#include "common/net/stream.h"

enum {
    COMMANDS = 236, /* the first of them: EOF (RFC 1184) */
    SE = 240,
    SB = 250, /* a subnegotiation, up to IAC SE */
    WILL = 251,
    DONT = 254, /* WILL to DONT: the option follows */
    IAC = 255,
};

enum state { TEXT, COMMAND, OPTION, SUBNEGOTIATION, SUBNEGOTIATION_COMMAND };

/* The byte behind an IAC in the text. Returns how many bytes of text it makes. */
static size_t command(struct telnet *t, unsigned char byte, char *out) {
    t->state = byte == SB ? SUBNEGOTIATION : byte >= WILL && byte <= DONT ? OPTION : TEXT;
    if (byte >= COMMANDS && byte < IAC) return 0;
    out[0] = (char)IAC;
    out[1] = (char)byte;
    return byte == IAC ? 1 : 2;
}

/* A newline is no option (RFC 652's 10 is historic): bytes that are no text, such as FF FE, do not
 * take the end of their line with them. */
static size_t strip_byte(struct telnet *t, unsigned char byte, char *out) {
    switch (t->state) {
    case COMMAND:
        return command(t, byte, out);
    case OPTION:
        t->state = TEXT;
        out[0] = (char)byte;
        return byte == '\n';
    case SUBNEGOTIATION:
        if (byte == IAC) t->state = SUBNEGOTIATION_COMMAND;
        return 0;
    case SUBNEGOTIATION_COMMAND:
        t->state = byte == SE ? TEXT : SUBNEGOTIATION;
        return 0;
    default:
        if (byte == IAC) t->state = COMMAND;
        out[0] = (char)byte;
        return byte != IAC;
    }
}

void telnet_strip(struct telnet *t, const char **bytes, size_t *n) {
    static char text[STREAM_READ + 2]; /* an IAC may wait from before; one byte more is touched */
    size_t size = 0;
    assert(*n <= STREAM_READ);
    if (t->state == TEXT && !memchr(*bytes, IAC, *n)) return;
    for (size_t i = 0; i < *n; i++) size += strip_byte(t, (unsigned char)(*bytes)[i], text + size);
    *bytes = text;
    *n = size;
}
