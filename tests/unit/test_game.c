#include "applets/guess/game.h"

#include "unit.h"

static bool go_on;

/* The answer to a guess; valid until the next. */
static const char *answer(const struct game_rules *rules, struct game *game, const char *guess) {
    static char text[128];
    struct buf out = {0};
    go_on = game_answer(&out, rules, game, guess, strlen(guess));
    CHECK(out.size < sizeof text);
    memcpy(text, buf_at(&out), out.size);
    text[out.size] = '\0';
    buf_free(&out);
    return text;
}

static const char *told_rules(int64_t max, int64_t tries) {
    static char text[128];
    struct game_rules rules = {.max = max, .tries = tries};
    struct buf out = {0};
    game_explain(&out, &rules);
    memcpy(text, buf_at(&out), out.size);
    text[out.size] = '\0';
    buf_free(&out);
    return text;
}

static void rules_come_first(void) {
    CHECK_TEXT(told_rules(100, 7), "I picked a number from 1 to 100. You have 7 tries.\n");
    CHECK_TEXT(told_rules(1, 1), "I picked a number from 1 to 1. You have 1 try.\n");
}

static void a_game_won(void) {
    struct game_rules rules = {.max = 100, .tries = 7};
    struct game game = {.number = 42};
    CHECK_TEXT(answer(&rules, &game, "41"), "higher, 6 tries left\n");
    CHECK_TEXT(answer(&rules, &game, "43"), "lower, 5 tries left\n");
    CHECK(go_on);
    CHECK_TEXT(answer(&rules, &game, "42"), "correct, 3 tries used\n");
    CHECK(!go_on);
}

static void a_game_lost(void) {
    struct game_rules rules = {.max = 100, .tries = 2};
    struct game game = {.number = 42};
    CHECK_TEXT(answer(&rules, &game, "1"), "higher, 1 try left\n");
    CHECK_TEXT(answer(&rules, &game, "100"), "out of tries, the number was 42\n");
    CHECK(!go_on);
}

static void the_last_try_can_win(void) {
    struct game_rules rules = {.max = 100, .tries = 1};
    struct game game = {.number = 42};
    CHECK_TEXT(answer(&rules, &game, "42"), "correct, 1 try used\n");
    CHECK(!go_on);
}

static void forms_of_a_number(void) {
    static const char *const forms[] = {
        "42", " 42", "42  ", "\t42 \t", "+42", "0042", "00000000000000000000000000042"};
    struct game_rules rules = {.max = 100, .tries = 7};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct game game = {.number = 42};
        CHECK_TEXT(answer(&rules, &game, forms[i]), "correct, 1 try used\n");
    }
}

static void invalid_guesses_are_free(void) {
    static const char *const wrong[] = {"",  " ", "abc", "4 2",  "42x", "4.2",
                                        "-", "+", "--1", "0x10", "٤٢"};
    static const char *const outside[] = {"0",
                                          "-1",
                                          "101",
                                          "-42",
                                          "1000000001",
                                          "99999999999999999999999999",
                                          "-99999999999999999999999999",
                                          "18446744073709551658"};
    struct game_rules rules = {.max = 100, .tries = 7};
    struct game game = {.number = 42};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_TEXT(answer(&rules, &game, wrong[i]),
                   "not a number: guess a number from 1 to 100 (no try lost)\n");
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        CHECK_TEXT(answer(&rules, &game, outside[i]),
                   "out of range: guess a number from 1 to 100 (no try lost)\n");
    CHECK(go_on);
    CHECK_TEXT(answer(&rules, &game, "1"), "higher, 6 tries left\n");
}

static void equal_seeds_equal_games(void) {
    struct game_rules a = {.max = 1000000, .tries = 7, .state = 42}, b = a,
                      c = {.max = 1000000, .tries = 7, .state = 43};
    int same = 0;
    for (int i = 0; i < 100; i++) {
        int64_t number = game_draw(&a).number;
        CHECK(number == game_draw(&b).number);
        same += number == game_draw(&c).number;
    }
    CHECK(same < 3);
}

static void numbers_in_range(void) {
    static const int64_t limits[] = {1, 2, 3, 100, 999999937, GAME_MOST};
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        struct game_rules rules = {.max = limits[l], .tries = 7, .state = 1};
        bool first = false, last = false;
        for (int i = 0; i < 2000; i++) {
            int64_t number = game_draw(&rules).number;
            CHECK(number >= 1 && number <= limits[l]);
            first = first || number == 1;
            last = last || number == limits[l];
        }
        CHECK(limits[l] > 100 || (first && last));
    }
}

/* Pearson's chi-square of 10 000 games against numbers that are equally likely. */
static double chi_square(int max, uint64_t seed) {
    enum { GAMES = 10000 };
    struct game_rules rules = {.max = max, .tries = 7, .state = seed};
    int seen[101] = {0};
    double expected = (double)GAMES / max, sum = 0;
    for (int i = 0; i < GAMES; i++) seen[game_draw(&rules).number]++;
    for (int i = 1; i <= max; i++) sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    return sum;
}

/* The bounds are those that chance passes once in 10 000 runs on each side; numbers dealt out
 * evenly fail like biased ones. */
static void fair_numbers(void) {
    for (uint64_t seed = 0; seed < 20; seed++) {
        double hundred = chi_square(100, seed), ten = chi_square(10, seed);
        CHECK(hundred > 54 && hundred < 161);
        CHECK(ten > 0.6 && ten < 34);
    }
}

int main(void) {
    static const struct unit_test tests[] = {
        {"the rules name the range and the tries", rules_come_first},
        {"each guess is answered until the number is met", a_game_won},
        {"out of tries, the number is told", a_game_lost},
        {"the last try can win", the_last_try_can_win},
        {"spaces, a sign and leading zeros do not matter", forms_of_a_number},
        {"what is no number, or out of range, costs no try", invalid_guesses_are_free},
        {"equal seeds draw equal numbers, others do not", equal_seeds_equal_games},
        {"numbers are from 1 to max, both included", numbers_in_range},
        {"the numbers of 10 000 games are equally likely (chi-square)", fair_numbers},
    };
    return UNIT_RUN(tests);
}
