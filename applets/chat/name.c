#include "applets/chat/name.h"

#include <stdint.h>

#include "common/base/casemap.h"
#include "common/base/utf8.h"
#include "common/base/width.h"

static bool allowed(uint32_t point) {
    return point > ' ' && point != '(' && point != ')' && width_of(point) > 0 &&
           !width_is_spacing_mark(point) && point != 0xA0 && point != 0x3000 &&
           !(point >= 0x2000 && point <= 0x200A) && point != 0x202F && point != 0x205F &&
           point != 0x1680;
}

const char *name_fault(const char *name, size_t size) {
    size_t characters = 0;
    if (size == 0) return "a name has at least one character";
    while (size > 0) {
        uint32_t point;
        size_t n = utf8_next(name, size, &point);
        if (point == UTF8_INVALID || !allowed(point))
            return "a name has printable characters alone, no space, no parentheses";
        if (++characters > NAME_MOST) return "a name has at most 32 characters";
        name += n;
        size -= n;
    }
    return NULL;
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
