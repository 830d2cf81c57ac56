#include "applets/chat/roster.h"

#include <stdlib.h>

#include "unit.h"

static struct roster_entry *find(const struct roster *r, const char *name) {
    return roster_find(r, name, strlen(name));
}

static void names_are_unique(void) {
    struct roster r = {.first = NULL};
    struct roster_entry a = {.name = NULL}, b = a, c = a;
    CHECK(!find(&r, "user1"));
    roster_enter(&r, &a, NULL);
    CHECK_TEXT(a.name, "user1");
    roster_rename(&r, &a, "User2", 5);
    CHECK(find(&r, "uSER2") == &a && !find(&r, "user1"));
    roster_enter(&r, &b, NULL);
    CHECK_TEXT(b.name, "user3"); /* somebody has user2 */
    roster_leave(&r, &a);
    roster_leave(&r, &a);
    CHECK(!find(&r, "user2"));
    roster_enter(&r, &c, NULL);
    CHECK_TEXT(c.name, "user4");
    roster_leave(&r, &b);
    roster_leave(&r, &c);
    CHECK(r.count == 0 && !r.first);
    roster_free(&r);
}

static void many_are_found(void) {
    enum { MANY = 3000 };
    static struct roster_entry all[MANY];
    struct roster r = {.first = NULL};
    size_t found = 0;
    char name[32];
    for (size_t i = 0; i < MANY; i++) roster_enter(&r, &all[i], NULL);
    for (size_t i = 0; i < MANY; i += 2) {
        int n = snprintf(name, sizeof name, "Called%zu", i);
        roster_rename(&r, &all[i], name, (size_t)n);
    }
    for (size_t i = 0; i < MANY; i += 3) roster_leave(&r, &all[i]);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, i % 2 ? "USER%zu" : "called%zu", i % 2 ? i + 1 : i);
        found += find(&r, name) == (i % 3 ? &all[i] : NULL);
    }
    CHECK(found == MANY && r.count == MANY - MANY / 3);
    for (size_t i = 0; i < MANY; i++) roster_leave(&r, &all[i]);
    roster_free(&r);
}

static void a_list_has_a_bound(void) {
    struct roster r = {.first = NULL};
    struct roster_entry e[4] = {{.name = NULL}};
    struct buf out = {0};
    for (size_t i = 0; i < 4; i++) roster_enter(&r, &e[i], NULL);
    roster_list(&r, &out, 100);
    buf_put(&out, "|", 1);
    roster_list(&r, &out, 12);
    buf_put(&out, "", 1);
    CHECK_TEXT(buf_at(&out), " user4 user3 user2 user1| user4 user3 and 2 others");
    buf_free(&out);
    for (size_t i = 0; i < 4; i++) roster_leave(&r, &e[i]);
    roster_free(&r);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a name is unique regardless of case, and nobody is given one that is taken",
         names_are_unique},
        {"many who come, are renamed and leave are found by their names", many_are_found},
        {"a list that would be too long counts the others", a_list_has_a_bound},
    };
    return UNIT_RUN(tests);
}
