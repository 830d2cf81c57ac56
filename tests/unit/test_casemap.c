#include "common/base/casemap.h"

#include "common/base/utf8.h"
#include "unit.h"

/* Each upper-case letter and the lower-case one that belongs to it, letter by letter. */
static void pairs_in(const char *upper, const char *lower) {
    while (*upper && *lower) {
        uint32_t u = 0, l = 0;
        int up = utf8_decode(upper, strlen(upper), &u), low = utf8_decode(lower, strlen(lower), &l);
        CHECK(up > 0 && low > 0);
        if (up <= 0 || low <= 0) return;
        CHECK(casemap_upper(l) == u && casemap_lower(u) == l);
        CHECK(casemap_upper(u) == u && casemap_lower(l) == l);
        upper += up;
        lower += low;
    }
    CHECK(!*upper && !*lower);
}

static void ascii(void) {
    pairs_in("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz");
    for (uint32_t c = 0; c < 0x80; c++) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        CHECK((casemap_upper(c) == c && casemap_lower(c) == c) == !letter);
    }
}

static void scripts(void) {
    pairs_in("ÀÉÎÕÜÇÑØÆÐÞŸŒŠŽĀĞŁŐȚƁƏƷẠỸȺ", "àéîõüçñøæðþÿœšžāğłőțɓəʒạỹⱥ");
    pairs_in("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫᾺᾼὨ", "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋὰᾳὠ");
    pairs_in("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЄІЇҐЎЂЉЊЋЏӘӀ",
             "абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґўђљњћџәӏ");
    pairs_in("ԱԲԳՖ", "աբգֆ");
    pairs_in("ᲐᲑᲒᲰ", "აბგჰ");
    pairs_in("ⅠⅫⒶⓏＡＺ𐐀𐐧𞤀𞤡", "ⅰⅻⓐⓩａｚ𐐨𐑏𞤢𞥃");
}

/* What has an upper case but is not the lower case of it, and the other way round. */
static void one_way(void) {
    CHECK(casemap_upper(0xb5) == 0x39c && casemap_lower(0x39c) == 0x3bc);  /* micro sign */
    CHECK(casemap_upper(0x3c2) == 0x3a3 && casemap_lower(0x3a3) == 0x3c3); /* final sigma */
    CHECK(casemap_upper(0x131) == 'I' && casemap_lower(0x130) == 'i');
    CHECK(casemap_lower(0x212a) == 'k' && casemap_upper('k') == 'K');      /* kelvin sign */
    CHECK(casemap_upper(0x1c5) == 0x1c4 && casemap_lower(0x1c5) == 0x1c6); /* title case */
    CHECK(casemap_upper(0xdf) == 0xdf && casemap_lower(0x1e9e) == 0xdf);   /* sharp s */
}

/* As many, and with the same sums, as the Unicode Character Database has. */
static void complete(void) {
    size_t uppers = 0, lowers = 0;
    uint32_t upper_sum = 0, lower_sum = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint32_t up = casemap_upper(c), low = casemap_lower(c);
        CHECK(casemap_upper(up) == up && casemap_lower(low) == low);
        uppers += up != c;
        lowers += low != c;
        if (up != c) upper_sum += up;
        if (low != c) lower_sum += low;
    }
    CHECK(uppers == 1450 && upper_sum == 32256850);
    CHECK(lowers == 1433 && lower_sum == 34914171);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"letters of ASCII have their other case, nothing else there has one", ascii},
        {"accented Latin, Greek, Cyrillic, Armenian, Georgian and more have two cases", scripts},
        {"variants and signs have another case in one direction", one_way},
        {"the table has every simple mapping", complete},
    };
    return UNIT_RUN(tests);
}
