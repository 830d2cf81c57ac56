#include <string.h>

#include "common/base/utf8.h"
#include "common/tty/editor.h"

#define ESC '\033'
#define BEL '\a'
#define STRINGS "P]_^X" /* DCS OSC APC PM SOS, behind an ESC */

#define CTRL(letter) ((letter)&0x1f)

static const enum editor_key control_keys[' '] = {
    [CTRL('A')] = KEY_HOME,  [CTRL('B')] = KEY_LEFT,       [CTRL('D')] = KEY_DELETE_OR_END,
    [CTRL('E')] = KEY_END,   [CTRL('F')] = KEY_RIGHT,      [CTRL('H')] = KEY_BACKSPACE,
    [CTRL('I')] = KEY_TEXT,  [CTRL('J')] = KEY_ENTER,      [CTRL('K')] = KEY_KILL_REST,
    [CTRL('L')] = KEY_CLEAR, [CTRL('M')] = KEY_ENTER,      [CTRL('N')] = KEY_DOWN,
    [CTRL('P')] = KEY_UP,    [CTRL('U')] = KEY_KILL_START, [CTRL('W')] = KEY_KILL_WORD,
    [CTRL('Y')] = KEY_YANK,
};

/* Held down together with ESC or Alt. */
static enum editor_key alt_key(char byte) {
    switch (byte) {
    case 'b':
        return KEY_WORD_LEFT;
    case 'f':
        return KEY_WORD_RIGHT;
    case 'd':
        return KEY_KILL_NEXT_WORD;
    case 0x7f:
    case '\b':
        return KEY_KILL_WORD;
    default:
        return KEY_NONE;
    }
}

/* The end of "ESC [" or "ESC O"; `modified`: with Ctrl or Alt. */
static enum editor_key letter_key(char letter, bool modified) {
    switch (letter) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return modified ? KEY_WORD_RIGHT : KEY_RIGHT;
    case 'D':
        return modified ? KEY_WORD_LEFT : KEY_LEFT;
    case 'F':
        return KEY_END;
    case 'H':
        return KEY_HOME;
    default:
        return KEY_NONE;
    }
}

/* "ESC [ NUMBER ~" */
static enum editor_key number_key(char number) {
    switch (number) {
    case '1':
    case '7':
        return KEY_HOME;
    case '4':
    case '8':
        return KEY_END;
    case '3':
        return KEY_DELETE;
    default:
        return KEY_NONE;
    }
}

/* The old mouse reports, xterm's X10 and normal ones: "ESC [ M" and three bytes, none of which is
 * a control but NUL, which stands for a place too far off. */
static size_t mouse_report(const char *s, size_t n) {
    size_t i = 3;
    while (i < n && i < 6 && !(s[i] > 0 && s[i] < ' ')) i++;
    return i == n && i < 6 ? 0 : i;
}

/* ECMA-48 5.4: parameters 0x30-0x3f, intermediates 0x20-0x2f, one final byte. "ESC [ [ A" is a
 * function key of the Linux console. */
static size_t sequence(const char *s, size_t n, enum editor_key *key) {
    size_t i = 2;
    if (n > 2 && s[1] == '[' && s[2] == '[') return n > 3 ? 4 : 0;
    if (n > 2 && s[1] == '[' && s[2] == 'M') return mouse_report(s, n);
    while (i < n && s[i] >= 0x20 && s[i] <= 0x3f) i++;
    if (i == n) return 0;
    if (s[i] < 0x40 || s[i] > 0x7e) return i; /* broken off by another key */
    *key = s[i] != '~' ? letter_key(s[i], i > 4 && s[i - 2] == ';' && s[i - 1] > '2')
           : i == 3    ? number_key(s[2])
                       : KEY_NONE;
    return i + 1;
}

/* ECMA-48 5.6: text up to "ESC \\", or up to BEL as xterm ends it. Enter breaks it off. */
static size_t control_string(const char *s, size_t n) {
    for (size_t i = 2; i < n; i++) {
        if (s[i] == BEL) return i + 1;
        if (s[i] == '\r' || s[i] == '\n') return i;
        if (s[i] != ESC) continue;
        if (i + 1 == n) return 0;
        return s[i + 1] == '\\' ? i + 2 : i;
    }
    return 0;
}

static size_t escape(const char *s, size_t n, enum editor_key *key) {
    if (n < 2) return 0;
    if (s[1] == '[' || s[1] == 'O') return sequence(s, n, key);
    if (strchr(STRINGS, s[1]) && s[1] != '\0') return control_string(s, n);
    *key = alt_key(s[1]);
    return *key == KEY_NONE ? 1 : 2;
}

size_t editor_key(const char *s, size_t n, enum editor_key *key) {
    uint32_t point;
    *key = KEY_NONE;
    if (*s == ESC) return escape(s, n, key);
    if (*s == 0x7f) {
        *key = KEY_BACKSPACE;
        return 1;
    }
    if ((unsigned char)*s < 0x20) {
        *key = control_keys[(unsigned char)*s];
        return 1;
    }
    *key = KEY_TEXT;
    int length = utf8_decode(s, n, &point);
    return length < 0 ? 1 : (size_t)length;
}
