/* Whatever stands behind -O: it is taken, or refused in harmless words; and what is taken can be
 * asked of a socket of any family, which takes it or refuses it with a cause. One a line. */
#include <stdio.h>
#include <unistd.h>

#include "common/net/sockopt.h"
#include "input.h"

#include <sys/socket.h>

static void must_be_harmless(const char *words) {
    if (!*words) abort();
    for (; *words; words++)
        if ((unsigned char)*words < ' ' || *words == 0x7f) abort();
}

/* Not on a socket that leads anywhere: a pair, whose family knows few of the options. */
static void apply(const struct sockopt_list *list) {
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX};
    struct cause cause = {0};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) abort();
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (sockopt_apply(list, ends[0], families[i], &cause) < 0) {
            if (cause.status != STATUS_FAILED) abort();
            must_be_harmless(cause.text);
        }
    close(ends[0]);
    close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct sockopt_list list = {.items = NULL};
    char *lines[16];
    size_t count = 0, taken = 0;
    while (in.left > 0 && count < sizeof lines / sizeof *lines) {
        lines[count] = input_line(&in);
        const char *wrong = sockopt_parse(&list, lines[count++]);
        if (wrong) must_be_harmless(wrong);
        taken += !wrong;
    }
    if (list.count > taken) abort();
    if (list.count > 0) apply(&list);
    while (count > 0) free(lines[--count]);
    free(list.items);
    return 0;
}
