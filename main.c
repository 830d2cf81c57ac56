/* sockkit: one executable, many socket tools: the table of applets, and which of them runs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "applets/netcat/netcat.h"
#include "applets/tour/tour.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/base/vis.h"
#include "common/cli/applet.h"
#include "common/io/output.h"
#include "common/loop/sig.h"
#include "common/net/call.h"

/* The applets, in the order of --help; each is the constant applet_NAME of a file of its own. */
#define EACH_APPLET(use)                                                               \
    use(serve) use(connect) use(udp_serve) use(udp_send) use(echo) use(cmd) use(guess) \
        use(chat_serve) use(chat) use(probe)

#define DECLARE(name) extern const struct applet applet_##name;
EACH_APPLET(DECLARE)

#define POINT_TO(name) &applet_##name,
static const struct applet *const applets[] = {EACH_APPLET(POINT_TO)};
#define APPLETS (sizeof applets / sizeof applets[0])

/* --- the run of one applet --- */

struct run {
    struct call call;
    struct sig_watch signals[3];
    struct timer limit;
};

static struct call *the_call; /* that a signal ends: a process runs one applet */

/* A terminal that echoes shows ^C where the cursor is. */
static bool shows_keys(void) {
    struct termios terminal;
    return tcgetattr(STDERR_FILENO, &terminal) == 0 && terminal.c_lflag & ECHO;
}

static void asked_to_end(struct sig_watch *w) {
    call_pause(NULL);
    if (w->signal == SIGINT && shows_keys()) msg_line_open(true);
    the_call->signal = w->signal;
    loop_stop(the_call->loop);
}

static void time_over(struct timer *t) {
    struct run *run = container_of(t, struct run, limit);
    const struct common_conf *c = run->call.conf;
    char text[TEXT_SHORT];
    msg_error("not done after %s (--max-time)", text_duration(c->max_time, text));
    run->call.expired = true;
    loop_stop(run->call.loop);
}

/* Fills those of the descriptors 0, 1 and 2 that are closed, so that no socket gets their number:
 * reading 0 gives end of file, writing to 1 fails. */
static void fill_descriptors(void) {
    struct pollfd fds[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
    if (poll(fds, 3, 0) <= 0) return;
    for (int fd = 0; fd < 3; fd++)
        if (fds[fd].revents & POLLNVAL && open("/dev/null", fd == 2 ? O_RDWR : O_RDONLY) != fd)
            return;
}

static int run_watched(struct run *run) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    const struct common_conf *c = run->call.conf;
    the_call = &run->call;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        sig_watch(&run->signals[i], ends[i], asked_to_end);
    if (c->max_time) timer_start(run->call.loop, &run->limit, c->max_time, time_over);
    int status = call_status(&run->call, run->call.applet->run(&run->call));
    timer_stop(&run->limit);
    return status;
}

static int run(struct run *run) {
    int status = STATUS_FAILED;
    run->call.loop = loop_new();
    if (sig_start(run->call.loop) == 0)
        status = run_watched(run);
    else
        msg_error("cannot watch for signals: %s", lang_error(errno));
    loop_free(run->call.loop);
    sig_stop();
    return status;
}

/* A full disk is told by close(2) or not at all. */
static int finish_stdout(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    return output_failure(errno);
}

static int run_applet(const struct applet *applet, int argc, char **argv) {
    struct run r = {0};
    int parsed = applet_parse(applet, netcat_words, argc, argv, &r.call);
    int status = parsed < 0 ? STATUS_USAGE : parsed > 0 ? STATUS_OK : run(&r);
    int end = r.call.signal ? r.call.signal : status == STATUS_SIGPIPE ? SIGPIPE : 0;
    if (!status) status = finish_stdout();
    if (status == STATUS_SIGPIPE && !end) end = SIGPIPE;
    if (end) {
        sig_end(end);
        return 128 + end; /* PID 1 is not ended by the signal */
    }
    return status;
}

/* --- the program itself --- */

static const struct applet *applet_named(const char *name) {
    if (!strncmp(name, "sk-", 3)) name += 3;
    for (size_t i = 0; i < APPLETS; i++)
        if (!strcmp(applets[i]->name, name)) return applets[i];
    return NULL;
}

static int help(void) {
    fputs(tr("Usage: sockkit APPLET [OPTION]... [ARG]...\n"
             "       sockkit --help | --version | --list | --install DIR | help [APPLET]\n"
             "       sockkit help tour [TOPIC] [--svg FILE]\n"
             "One tool for sockets: serve, connect and see what happens.\n\nApplets:\n"),
          stdout);
    for (size_t i = 0; i < APPLETS; i++)
        printf("  %-12s %s\n", applets[i]->name, tr(applets[i]->summary));
    fputs(tr("\n'sockkit APPLET --help' shows its options, 'man sockkit' the manual.\n"
             "A link named APPLET or sk-APPLET runs that applet; 'sockkit --install DIR' makes\n"
             "them. --lang en|fr, here and behind each APPLET: the language.\n"),
          stdout);
    return finish_stdout();
}

static int list(void) {
    for (size_t i = 0; i < APPLETS; i++) puts(applets[i]->name);
    return finish_stdout();
}

/* The options of all applets, for completions/generate and for the tests of the manual. */
static int dump_options(void) {
    char topics[TOUR_TOPICS];
    for (size_t i = 0; i < APPLETS; i++) {
        struct opt_command command = applet_command(applets[i]);
        opt_dump(&command);
    }
    printf("@sockopt\t");
    sockopt_names();
    printf("\n@tour\t%s", tour_topics(topics));
    for (size_t i = 0; i < APPLETS; i++)
        if (applets[i]->schemes)
            printf("\n@schemes\t%s\t%s", applets[i]->name, applets[i]->schemes);
    printf("\n@applets\t");
    for (size_t i = 0; i < APPLETS; i++)
        printf("%s%s", applets[i]->name, i + 1 < APPLETS ? " " : "\n");
    return finish_stdout();
}

/* The path of this executable, which links are to point to; NULL when it is not known. */
static char *own_path(const char *argv0) {
    char *path = realpath("/proc/self/exe", NULL);
    if (!path && strchr(argv0, '/')) path = realpath(argv0, NULL);
    return path;
}

/* Makes the link sk-NAME. One that is there already is replaced; any other file is left alone. */
static int make_link(const char *target, const char *directory, const char *name) {
    char *path = mem_format("%s/sk-%s", directory, name), old;
    int result = symlink(target, path);
    bool other = result < 0 && errno == EEXIST && readlink(path, &old, 1) < 0;
    if (result < 0 && !other && errno == EEXIST && unlink(path) == 0)
        result = symlink(target, path);
    if (result < 0)
        msg_error("cannot make %s: %s", path,
                  other ? tr("the file exists and is no link") : lang_error(errno));
    free(path);
    return result;
}

static int install(const char *argv0, const char *directory) {
    char *target = own_path(argv0);
    int status = STATUS_OK;
    if (!target) {
        msg_error("cannot find the program's own file");
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < APPLETS && !status; i++)
        if (make_link(target, directory, applets[i]->name) < 0) status = STATUS_FAILED;
    free(target);
    return status;
}

/* Long options may be shortened. */
static bool means(const char *word, const char *option) {
    return strlen(word) > 2 && !strncmp(word, option, strlen(word));
}

static const char *const own_words[] = {"--help",    "--version", "--list",
                                        "--install", "--lang",    "help"};
#define OWN_WORDS (sizeof own_words / sizeof own_words[0])

/* The long option that stands behind one dash alone, or NULL. */
static const char *lacks_dash(const char *word) {
    for (size_t i = 0; i < OWN_WORDS; i++)
        if (strlen(word) > 3 && means(word, own_words[i] + 1)) return own_words[i];
    return NULL;
}

static int unknown(const char *word) {
    const char *names[APPLETS + OWN_WORDS + 1] = {NULL};
    char shown[256];
    size_t n = 0;
    for (size_t i = 0; i < APPLETS; i++) names[n++] = applets[i]->name;
    for (size_t i = 0; i < OWN_WORDS; i++) names[n++] = own_words[i];
    vis_quote(word, strlen(word), 48, shown);
    shown[strlen(shown) - 1] = 0;
    const char *nearest = lacks_dash(word);
    if (!nearest && netcat_command(word) < 0) return STATUS_USAGE;
    if (!nearest) nearest = text_nearest(word, names);
    bool option = *word == '-';
    if (nearest)
        msg_error(option ? "unknown option '%s' (did you mean '%s'?)"
                         : "unknown applet '%s' (did you mean '%s'?)",
                  shown + 1, nearest);
    else
        msg_error(option ? "unknown option '%s' (see sockkit --help)"
                         : "unknown applet '%s' (see sockkit --help)",
                  shown + 1);
    return STATUS_USAGE;
}

/* For the tour, in a child of its own. */
static int run_named(int argc, char **argv) {
    const struct applet *applet = applet_named(argv[0]);
    return applet ? run_applet(applet, argc, argv) : STATUS_USAGE;
}

static int help_of(const char *word, char **more) {
    char *argv[] = {(char *)(uintptr_t)word, (char *)(uintptr_t) "--help", NULL};
    const struct applet *applet = word ? applet_named(word) : NULL;
    if (!word || !strcmp(word, "help")) return help();
    if (!strcmp(word, "tour")) return tour_show(more, run_named);
    return applet ? run_applet(applet, 2, argv) : unknown(word);
}

static int own_command(int argc, char **argv) {
    const char *word = argv[1], *operand = argc > 2 ? argv[2] : NULL;
    if (!strcmp(word, "help")) return help_of(operand, argv + (operand ? 3 : 2));
    if (means(word, "--help") || !strcmp(word, "-h")) return help();
    if (means(word, "--list")) return list();
    if (!strcmp(word, "--dump-options")) return dump_options();
    if (means(word, "--version") || !strcmp(word, "-V")) {
        printf("sockkit %s\n", SOCKKIT_VERSION);
        return finish_stdout();
    }
    if (means(word, "--install")) {
        if (operand && *operand) return install(argv[0], operand);
        msg_error("--install needs a directory: --install DIR");
        return STATUS_USAGE;
    }
    return unknown(word);
}

/* The value of --lang at argv[*i], moving *i to where it ends; "" where it is missing; NULL: that
 * is another word. */
static const char *lang_value(char **argv, int *i) {
    if (!strncmp(argv[*i], "--lang=", 7)) return argv[*i] + 7;
    if (strcmp(argv[*i], "--lang") != 0) return NULL;
    return argv[*i + 1] ? argv[++*i] : "";
}

/* Takes out --lang where no applet parses it: in front of one, or with a command of the program's
 * own. Returns how many words are left, or -1 after having told a usage error. */
static int take_lang(int argc, char **argv) {
    int left = 1;
    for (int i = 1; i < argc; i++) {
        bool parsed = left > 1 && applet_named(argv[1]);
        const char *value = parsed ? NULL : lang_value(argv, &i);
        if (value && !lang_ask(value)) {
            msg_error("--lang: \"%s\": not a language (en or fr)", value);
            return -1;
        }
        if (!value) argv[left++] = argv[i];
    }
    argv[left] = NULL;
    return left;
}

int main(int argc, char **argv) {
    fill_descriptors();
    lang_start(argc, argv);
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const struct applet *applet = argc > 0 ? applet_named(slash ? slash + 1 : argv[0]) : NULL;
    if (applet) return run_applet(applet, argc, argv);
    argc = take_lang(argc, argv);
    if (argc < 0) return STATUS_USAGE;
    if (argc < 2) {
        msg_error("an applet is missing (see sockkit --help)");
        return STATUS_USAGE;
    }
    applet = applet_named(argv[1]);
    return applet ? run_applet(applet, argc - 1, argv + 1) : own_command(argc, argv);
}
