#include "applets/chat/name.h"

#include <stdint.h>
#include <string.h>

#include "applets/chat/visible.h"
#include "common/base/casemap.h"
#include "common/base/lang.h"
#include "common/base/utf8.h"

/* Accents, the voicing marks of kana, vowels and finals of Hangul: with the character before it,
 * each makes one that Unicode has in one piece. */
static bool composes(uint32_t point) {
    return (point >= 0x300 && point <= 0x36F) || point == 0x3099 || point == 0x309A ||
           (point >= 0x1160 && point <= 0x11FF);
}

static const char *character_fault(uint32_t point, bool first) {
    if (!first && composes(point))
        return "a name is written with composed characters: é is one, not e and an accent (NFC)";
    if (point == UTF8_INVALID || point == '(' || point == ')' || !visible_alone(point))
        return "a name has printable characters alone, no space, no parentheses";
    return NULL;
}

/* How the list of who is here begins, in either language. */
static bool is_list(const char *name, size_t size) {
    const char *const lists[] = {"here:", lang_french("here:")};
    for (size_t i = 0; i < 2; i++)
        if (size == strlen(lists[i]) && !memcmp(name, lists[i], size)) return true;
    return false;
}

const char *name_fault(const char *name, size_t size) {
    const char *fault = NULL;
    size_t at = 0, characters = 0;
    if (size == 0) return "a name has at least one character";
    if (is_list(name, size)) return "that name is the room's own";
    while (at < size && !fault) {
        uint32_t point;
        size_t n = utf8_next(name + at, size - at, &point);
        fault = character_fault(point, at == 0);
        if (++characters > NAME_MOST) fault = "a name has at most 32 characters";
        at += n;
    }
    return fault;
}

const char *name_parse(void *field, const char *value) {
    *(const char **)field = value;
    return name_fault(value, strlen(value));
}

/* Upper, then lower: letters with several small forms (s and the long s, k and the Kelvin sign)
 * meet in one. */
static uint32_t fold(uint32_t point) { return casemap_lower(casemap_upper(point)); }

void name_key(const char *name, size_t size, char key[NAME_BYTES]) {
    size_t used = 0;
    while (size > 0) {
        uint32_t point;
        size_t n = utf8_next(name, size, &point);
        if (point == UTF8_INVALID || used + 4 >= NAME_BYTES) break;
        used += utf8_encode(fold(point), key + used);
        name += n;
        size -= n;
    }
    key[used] = 0;
}
