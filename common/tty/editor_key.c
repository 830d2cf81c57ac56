#include <string.h>

#include "common/base/utf8.h"
#include "common/tty/editor.h"

#define ESC '\033'

/* Ctrl-A is 1. */
static enum editor_key control_key(char byte) {
    switch (byte | 0x40) {
    case 'A':
        return KEY_HOME;
    case 'B':
        return KEY_LEFT;
    case 'D':
        return KEY_DELETE_OR_END;
    case 'E':
        return KEY_END;
    case 'F':
        return KEY_RIGHT;
    case 'H':
        return KEY_BACKSPACE;
    case 'I':
        return KEY_TEXT;
    case 'J':
        return KEY_ENTER;
    case 'K':
        return KEY_KILL_REST;
    case 'L':
        return KEY_CLEAR;
    case 'M':
        return KEY_ENTER;
    case 'N':
        return KEY_DOWN;
    case 'P':
        return KEY_UP;
    case 'U':
        return KEY_KILL_START;
    case 'W':
        return KEY_KILL_WORD;
    case 'Y':
        return KEY_YANK;
    default:
        return KEY_NONE;
    }
}

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
static enum editor_key casemap_key(char letter, bool modified) {
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

/* ECMA-48 5.4: parameters 0x30-0x3f, intermediates 0x20-0x2f, one final byte. "ESC [ [ A" is a
 * function key of the Linux console. */
static size_t sequence(const char *s, size_t n, enum editor_key *key) {
    size_t i = 2;
    if (n > 2 && s[1] == '[' && s[2] == '[') return n > 3 ? 4 : 0;
    while (i < n && s[i] >= 0x20 && s[i] <= 0x3f) i++;
    if (i == n) return n < EDITOR_KEY ? 0 : n;
    if (s[i] < 0x40 || s[i] > 0x7e) return i; /* broken off by another key */
    *key = s[i] != '~' ? casemap_key(s[i], i > 4 && s[i - 2] == ';' && s[i - 1] > '2')
           : i == 3    ? number_key(s[2])
                       : KEY_NONE;
    return i + 1;
}

size_t editor_key(const char *s, size_t n, enum editor_key *key) {
    uint32_t point;
    *key = KEY_NONE;
    if (*s == ESC) {
        if (n < 2) return 0;
        if (s[1] == '[' || s[1] == 'O') return sequence(s, n, key);
        *key = alt_key(s[1]);
        return *key == KEY_NONE ? 1 : 2;
    }
    if (*s == 0x7f) {
        *key = KEY_BACKSPACE;
        return 1;
    }
    if (*s >= 0 && *s < 0x20) {
        *key = control_key(*s);
        return 1;
    }
    *key = KEY_TEXT;
    int length = utf8_decode(s, n, &point);
    return length < 0 ? 1 : (size_t)length;
}
