#include "common/base/addrs.h"
#include "unit.h"

/* A list of the numeric addresses in `text`, blanks between them. */
static struct addrs list_of(const char *text) {
    struct addrs list = {NULL, 0};
    char copy[256], *rest = copy, *word;
    snprintf(copy, sizeof copy, "%s", text);
    while ((word = strtok_r(rest, " ", &rest))) {
        struct addr a;
        CHECK(addr_numeric(word, 80, &a));
        addrs_add(&list, &a);
    }
    return list;
}

static void list_is(struct addrs *list, const char *expected) {
    char got[256] = "", text[ADDR_TEXT];
    for (size_t i = 0, used = 0; i < list->count; i++)
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%s", i ? " " : "",
                                 addr_host_text(&list->items[i], text));
    CHECK_TEXT(got, expected);
    addrs_free(list);
    CHECK(list->count == 0 && list->items == NULL);
}

static void no_address_stands_twice(void) {
    struct addrs list = list_of("1.1.1.1 ::1 1.1.1.1 1.1.1.2 ::1");
    list_is(&list, "1.1.1.1 ::1 1.1.1.2");
}

static void interleaved_is(const char *text, const char *expected) {
    struct addrs list = list_of(text);
    addrs_interleave(&list);
    list_is(&list, expected);
}

static void families_take_turns(void) {
    interleaved_is("", "");
    interleaved_is("1.1.1.1", "1.1.1.1");
    interleaved_is("1.1.1.1 1.1.1.2 1.1.1.3", "1.1.1.1 1.1.1.2 1.1.1.3");
    interleaved_is("::1 ::2 ::3 1.1.1.1 1.1.1.2", "::1 1.1.1.1 ::2 1.1.1.2 ::3");
    interleaved_is("1.1.1.1 ::1 ::2 ::3", "1.1.1.1 ::1 ::2 ::3");
    interleaved_is("1.1.1.1 1.1.1.2 ::1", "1.1.1.1 ::1 1.1.1.2");
}

static void kept_is(const char *text, const char *model, const char *expected) {
    struct addrs list = list_of(text), like = list_of(model);
    addrs_keep_families(&list, &like);
    addrs_free(&like);
    list_is(&list, expected);
}

static void only_families_of_the_local_addresses_are_kept(void) {
    kept_is("::1 1.1.1.1 ::2", "127.0.0.1", "1.1.1.1");
    kept_is("::1 1.1.1.1 ::2", "::9", "::1 ::2");
    kept_is("::1 1.1.1.1", "127.0.0.1 ::9", "::1 1.1.1.1");
    kept_is("::1", "127.0.0.1", "");
    kept_is("::1 1.1.1.1", "", "::1 1.1.1.1");
}

static void the_first_of_a_family_is_found(void) {
    struct addrs list = list_of("::1 1.1.1.1 1.1.1.2");
    CHECK(addrs_of_family(&list, AF_INET) == &list.items[1]);
    CHECK(addrs_of_family(&list, AF_INET6) == &list.items[0]);
    CHECK(addrs_of_family(&list, AF_UNIX) == NULL);
    addrs_free(&list);
    CHECK(addrs_of_family(&list, AF_INET) == NULL);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"no address stands twice", no_address_stands_twice},
        {"families take turns, the first address stays first", families_take_turns},
        {"only families of the local addresses are kept",
         only_families_of_the_local_addresses_are_kept},
        {"the first address of a family is found", the_first_of_a_family_is_found},
    };
    return UNIT_RUN(tests);
}
