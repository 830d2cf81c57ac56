#include "common/base/escape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static int hex_digit(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

/* Decodes what stands behind a backslash. Returns how many characters that is; 0: no escape. */
static size_t decode(const char *text, char *out) {
    static const char letters[] = "rnt0\\", bytes[] = "\r\n\t\0\\";
    const char *letter = *text ? strchr(letters, *text) : NULL;
    if (letter) *out = bytes[letter - letters];
    if (letter) return 1;
    if (*text != 'x' || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0) return 0;
    *out = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
    return 3;
}

const char *escape_decode(const char *text, char **out, size_t *size) {
    char *bytes = mem_new(strlen(text) + 1);
    size_t count = 0, used = 1;
    for (; *text && used > 0; text += used) {
        bool escaped = *text == '\\';
        text += escaped;
        used = escaped ? decode(text, &bytes[count]) : 1;
        if (!escaped) bytes[count] = *text;
        count++;
    }
    if (used > 0) {
        *out = bytes;
        *size = count;
        return NULL;
    }
    free(bytes);
    return "a backslash stands before none of r n t 0 \\ xNN (--escapes)";
}
