#include "common/tty/gap.h"

#include "unit.h"

static const char *shown(const struct gap *g) {
    static char text[256];
    snprintf(text, sizeof text, "%.*s_%.*s", (int)g->before, gap_before(g), (int)g->after,
             gap_after(g));
    return text;
}

static void text_goes_in_at_the_cursor(void) {
    struct gap g = {.bytes = NULL};
    CHECK_TEXT(shown(&g), "_");
    gap_put(&g, "", 0);
    gap_put(&g, "held", 4);
    gap_move(&g, 2);
    gap_put(&g, "--", 2);
    CHECK_TEXT(shown(&g), "he--_ld");
    gap_move(&g, 6);
    CHECK_TEXT(shown(&g), "he--ld_");
    gap_move(&g, 0);
    gap_put(&g, "x", 1);
    CHECK_TEXT(shown(&g), "x_he--ld");
    CHECK(gap_size(&g) == 7 && memcmp(gap_text(&g), "xhe--ld", 7) == 0);
    gap_free(&g);
}

static void text_is_deleted_on_either_side(void) {
    struct gap g = {.bytes = NULL};
    gap_put(&g, "abcdef", 6);
    gap_move(&g, 3);
    gap_delete(&g, 2);
    CHECK_TEXT(shown(&g), "ab_def");
    gap_delete(&g, 4);
    CHECK_TEXT(shown(&g), "ab_f");
    gap_delete(&g, 2);
    CHECK_TEXT(shown(&g), "ab_f");
    gap_clear(&g);
    CHECK_TEXT(shown(&g), "_");
    gap_free(&g);
}

static void what_surrounds_the_gap_survives_its_growth(void) {
    struct gap g = {.bytes = NULL};
    char expected[1 + 2 * 5000 + 1];
    gap_put(&g, "[]", 2);
    gap_move(&g, 1);
    for (int i = 0; i < 5000; i++) gap_put(&g, "ab", 2);
    memset(expected, '[', 1);
    for (int i = 0; i < 5000; i++) memcpy(expected + 1 + 2 * i, "ab", 2);
    expected[sizeof expected - 1] = ']';
    CHECK(gap_size(&g) == sizeof expected);
    CHECK(memcmp(gap_text(&g), expected, sizeof expected) == 0);
    gap_free(&g);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"text goes in at the cursor", text_goes_in_at_the_cursor},
        {"text is deleted on either side", text_is_deleted_on_either_side},
        {"what surrounds the gap survives its growth", what_surrounds_the_gap_survives_its_growth},
    };
    return UNIT_RUN(tests);
}
