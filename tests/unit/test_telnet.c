#include "applets/chat/telnet.h"

#include <stdlib.h>

#include "unit.h"

/* What is left of the text, read so many bytes at a time. */
static const char *strip(const char *text, size_t size, size_t step) {
    static char out[256];
    struct telnet t = {0};
    size_t used = 0;
    for (size_t at = 0; at < size; at += step) {
        const char *bytes = text + at;
        size_t n = size - at < step ? size - at : step;
        telnet_strip(&t, &bytes, &n);
        memcpy(out + used, bytes, n);
        used += n;
    }
    out[used] = '\0';
    return out;
}

#define LEAVES(text, expected)              \
    for (size_t step = 1; step < 8; step++) \
    CHECK_TEXT(strip(text, sizeof(text) - 1, step), expected)

static void sequences_go(void) {
    LEAVES("plain\r\n", "plain\r\n");
    LEAVES("a\xff\xf6z", "az");                               /* are you there? */
    LEAVES("a\xff\xfd\x03\xff\xfb\x18 z", "a z");             /* DO, WILL */
    LEAVES("a\xff\xfa\x1f\0\x50\0\x0a\xff\xf0z", "az");       /* the size of a window */
    LEAVES("\xff\xfa\x18\xff\xff\xff\xf1\xff\xf0z", "z");     /* IAC within a subnegotiation */
    LEAVES("\xff\xf4\xff\xfd\x06x\xff\xec", "x");             /* Ctrl-C; end of file */
    LEAVES("\xff\xfa\x18\xff\xf0\xff\xfa\x18\xff\xf0z", "z"); /* one behind the other */
}

static void what_is_none_stays(void) {
    LEAVES("a\xff\xffz", "a\xffz");
    LEAVES("\xff tab", "\xff tab");
    LEAVES("\xff\n\xff\xff\n", "\xff\n\xff\n");
    LEAVES("a\xff\xfe\nz\n", "a\nz\n"); /* bytes that are no text do not take the end of a line */
    LEAVES("\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80");
}

int main(void) {
    static const struct unit_test tests[] = {
        {"commands, options and subnegotiations are taken out, however they are cut", sequences_go},
        {"a doubled IAC is a byte, one before no command is text", what_is_none_stays},
    };
    return UNIT_RUN(tests);
}
