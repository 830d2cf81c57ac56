#include "common/base/utf8.h"
#include "common/base/width.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void widths(void) {
    static const struct {
        int width;
        uint32_t points[24];
    } rows[] = {
        {-1, {0x01, 0x09, 0x0a, 0x1b, 0x1f, 0x7f, 0x80, 0x9b, 0x9f}},
        {0,
         {0x300, 0x36f, 0x483, 0x200b, 0x200d, 0x200e, 0x202e, 0x20dd, 0x2066, 0xfe0f, 0xfeff,
          0x1160, 0x11ff, 0xd7b0, 0x302a, 0x3099, 0x2028, 0xe0001, 0xe01ef}},
        {1,
         {' ', 'A', '~', 0xa0, 0xe9, 0x2ff, 0x370, 0x5d0, 0x20ac, 0x2603, 0xff61, 0x1f1e6, 0xfffd,
          0xe000, 0x10ffff}},
        {2,
         {0x1100, 0x231a, 0x3000, 0x3042, 0x4e2d, 0xac00, 0xd7a3, 0xff01, 0xff21, 0xffe0, 0x1f44d,
          0x1f3fb, 0x1f600, 0x1f680, 0x1f9ff, 0x1faff, 0x20000, 0x3fffd}},
    };

    CHECK(width_of(0) == -1);
    CHECK(width_of(UTF8_INVALID) == 1);
    for (size_t i = 0; i < COUNT(rows); i++)
        for (const uint32_t *point = rows[i].points; *point != 0; point++)
            if (width_of(*point) != rows[i].width) {
                printf("# U+%04X has width %d\n", (unsigned)*point, width_of(*point));
                CHECK(width_of(*point) == rows[i].width);
            }
}

int main(void) {
    static const struct unit_test tests[] = {
        {"code points have their width", widths},
    };
    return UNIT_RUN(tests);
}
