/* Whatever stands on a command line: each applet takes it, or says in one harmless line what is
 * wrong with it; likewise the endpoints that it names. The first byte chooses the applet; an
 * argument a line. */
#include <stdio.h>
#include <unistd.h>

#include "common/base/utf8.h"
#include "common/cli/where.h"
#include "input.h"

#define ARGUMENTS 20

extern const struct applet applet_serve, applet_connect, applet_udp_serve, applet_udp_send,
    applet_echo, applet_cmd, applet_guess, applet_chat_serve, applet_chat, applet_probe;

static const struct applet *const applets[] = {
    &applet_serve, &applet_connect, &applet_udp_serve,  &applet_udp_send, &applet_echo,
    &applet_cmd,   &applet_guess,   &applet_chat_serve, &applet_chat,     &applet_probe,
};

static int told;

/* One line, and nothing in it that could act on a terminal. A tab only moves on. */
static void check_line(void *ctx, const char *line, size_t size) {
    uint32_t point;
    (void)ctx;
    told++;
    if (size == 0 || line[size - 1] != '\n') abort();
    for (size_t i = 0; i < size - 1;) {
        i += utf8_next(line + i, size - 1 - i, &point);
        bool control = (point < 0x20 && point != '\t') || (point >= 0x7f && point < 0xa0) ||
                       utf8_is_bidi(point);
        if (control || point == UTF8_INVALID) abort();
    }
}

/* Exactly what has gone wrong is told. */
static void check_told(int result) {
    if (told != (result < 0)) abort();
    told = 0;
}

static void parse(const struct applet *applet, int argc, char **argv) {
    struct opt_command command = applet_command(applet);
    struct net_name name, source;
    struct net_names names;
    struct call call = {.applet = applet, .conf = mem_new(applet->conf_size)};
    if (applet->defaults) memcpy(call.conf, applet->defaults, applet->conf_size);
    call.count = opt_parse(&command, call.conf, argc, argv, &call.before);
    call.operands = argv + 1;
    check_told(call.count);
    if (call.count >= 0) {
        check_told(where_listen(&call, SOCK_STREAM, &names));
        check_told(where_target(&call, SOCK_DGRAM, &name, &source));
        if (call.count < 0) abort();
    }
    free(call.conf);
}

/* What a configuration points to lasts as long as the program. */
const char *__asan_default_options(void);

const char *__asan_default_options(void) { return "detect_leaks=0"; }

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    msg_divert(check_line, NULL);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    const struct applet *applet = applets[input_choice(&in, sizeof applets / sizeof *applets)];
    char *argv[ARGUMENTS + 2] = {mem_copy(applet->name)}, *owned[ARGUMENTS + 1];
    int argc = 1;
    while (in.left > 0 && argc <= ARGUMENTS) argv[argc++] = input_line(&in);
    memcpy(owned, argv, (size_t)argc * sizeof *argv); /* parsing moves operands to the front */
    parse(applet, argc, argv);
    while (argc > 0) free(owned[--argc]);
    return 0;
}
