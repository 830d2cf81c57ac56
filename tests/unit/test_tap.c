#include "common/io/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/test_tap.XXXXXX";
static char output_name[64], dump_name[64];

static const char *text_of(const char *name) {
    static char text[4096];
    FILE *file = fopen(name, "r");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    text[n] = '\0';
    return text;
}

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(name, "w");
    fputs(text, file);
    fclose(file);
}

static void received_goes_to_the_output(void) {
    struct tap tap;
    struct tap_place place = {0};
    struct cause cause = {0};
    write_file(output_name, "before\n");
    CHECK(tap_open(&tap, output_name, NULL, &cause) == 0);
    CHECK(tap_active(&tap) && fcntl(tap.output, F_GETFD) == FD_CLOEXEC);
    CHECK(tap_copy(&tap, "Bon", 3, &cause) == 0);
    CHECK(tap_received(&tap, &place, "dumped", 6, &cause) == 0);
    CHECK(tap_sent(&tap, &place, "sent", 4, &cause) == 0);
    CHECK(tap_copy(&tap, "jour\n", 5, &cause) == 0);
    CHECK(tap_close(&tap, &cause) == 0 && !tap_active(&tap));
    CHECK_TEXT(text_of(output_name), "before\nBonjour\n");
}

static void none_is_none(void) {
    struct tap tap;
    struct tap_place place = {0};
    struct cause cause = {0};
    CHECK(tap_open(&tap, NULL, NULL, &cause) == 0 && !tap_active(&tap));
    CHECK(tap_received(&tap, &place, "x", 1, &cause) == 0);
    CHECK(tap_sent(&tap, &place, "x", 1, &cause) == 0);
    CHECK(tap_copy(&tap, "x", 1, &cause) == 0);
    CHECK(tap_close(&tap, &cause) == 0);
}

static void dump_of_both_directions(void) {
    struct tap tap;
    struct tap_place place = {0};
    struct cause cause = {0};
    char before[1000] = {0}; /* longer than what will be written */
    memset(before, 'x', sizeof before - 1);
    write_file(dump_name, before);
    CHECK(tap_open(&tap, NULL, dump_name, &cause) == 0);
    CHECK(tap_active(&tap) && fcntl(tap.dump, F_GETFD) == FD_CLOEXEC);
    CHECK(tap_received(&tap, &place, "Bonjour\n", 8, &cause) == 0);
    CHECK(tap_sent(&tap, &place, "0123456789abcdef\x1f ~\x7f\x80\xff", 22, &cause) == 0);
    CHECK(tap_received(&tap, &place, "", 0, &cause) == 0);
    CHECK(tap_received(&tap, &place, "x\0y", 3, &cause) == 0);
    CHECK(tap_close(&tap, &cause) == 0);
    CHECK_TEXT(text_of(dump_name),
               "< 00000000  42 6f 6e 6a 6f 75 72 0a                           Bonjour.\n"
               "> 00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66   0123456789abcdef\n"
               "> 00000010  1f 20 7e 7f 80 ff                                 . ~...\n"
               "< 00000008  78 00 79                                          x.y\n");
}

static void peers_are_named_when_they_change(void) {
    struct tap tap;
    struct tap_place a = {.peer = "127.0.0.1:1"}, b = {.peer = "127.0.0.1:12"};
    struct cause cause = {0};
    CHECK(tap_open(&tap, NULL, dump_name, &cause) == 0);
    CHECK(tap_received(&tap, &a, "a", 1, &cause) == 0);
    CHECK(tap_sent(&tap, &a, "b", 1, &cause) == 0);
    CHECK(tap_received(&tap, &b, "c", 1, &cause) == 0);
    CHECK(tap_received(&tap, &a, "d", 1, &cause) == 0);
    CHECK(tap_close(&tap, &cause) == 0);
    CHECK_TEXT(text_of(dump_name),
               "# 127.0.0.1:1\n"
               "< 00000000  61                                                a\n"
               "> 00000000  62                                                b\n"
               "# 127.0.0.1:12\n"
               "< 00000000  63                                                c\n"
               "# 127.0.0.1:1\n"
               "< 00000001  64                                                d\n");
}

static void long_names_and_offsets(void) {
    static char peer[300];
    struct tap tap;
    struct tap_place place = {.peer = peer, .sent = UINT64_C(0xfffffffffffffff0)};
    struct cause cause = {0};
    memset(peer, 'p', sizeof peer - 1);
    CHECK(tap_open(&tap, NULL, dump_name, &cause) == 0);
    CHECK(tap_sent(&tap, &place, "0123456789abcde", 15, &cause) == 0);
    CHECK(tap_sent(&tap, &place, "x", 1, &cause) == 0);
    CHECK(tap_close(&tap, &cause) == 0);
    char expected[512];
    snprintf(
        expected, sizeof expected,
        "# %.*s\n"
        "> fffffffffffffff0  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65      0123456789abcde\n"
        "> ffffffffffffffff  78                                                x\n",
        159, peer);
    CHECK_TEXT(text_of(dump_name), expected);
}

static void dash_is_stderr(void) {
    struct tap tap;
    struct tap_place place = {.peer = "unix"};
    struct cause cause = {0};
    int saved = dup(STDERR_FILENO), file = open(dump_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, STDERR_FILENO);
    close(file);
    msg_verbosity(-1);
    CHECK(tap_open(&tap, NULL, "-", &cause) == 0 && tap_active(&tap));
    CHECK(tap_received(&tap, &place, "%s\n", 3, &cause) == 0);
    CHECK(tap_close(&tap, &cause) == 0);
    CHECK(fcntl(STDERR_FILENO, F_GETFD) >= 0);
    dup2(saved, STDERR_FILENO);
    close(saved);
    CHECK_TEXT(text_of(dump_name),
               "# unix\n"
               "< 00000000  25 73 0a                                          %s.\n");
}

static void failures_name_the_file(void) {
    struct tap tap;
    struct tap_place place = {0};
    struct cause cause = {0};
    char expected[128], missing[64];
    snprintf(missing, sizeof missing, "%s/missing/file", folder);
    snprintf(expected, sizeof expected, "cannot open %s: No such file or directory", missing);
    CHECK(tap_open(&tap, missing, NULL, &cause) == -1 && cause.status == STATUS_FAILED);
    CHECK_TEXT(cause.text, expected);
    CHECK(tap_open(&tap, output_name, missing, &cause) == -1 && !tap_active(&tap));
    CHECK_TEXT(cause.text, expected);

    CHECK(tap_open(&tap, "/dev/full", NULL, &cause) == 0);
    CHECK(tap_copy(&tap, "x", 1, &cause) == -1 && cause.status == STATUS_FAILED);
    CHECK_TEXT(cause.text, "cannot write /dev/full: No space left on device");
    CHECK(tap_close(&tap, &cause) == 0);
    cause.text[0] = '\0';
    CHECK(tap_open(&tap, NULL, "/dev/full", &cause) == 0);
    CHECK(tap_sent(&tap, &place, "x", 1, &cause) == -1);
    CHECK_TEXT(cause.text, "cannot write /dev/full: No space left on device");
    CHECK(tap_close(&tap, &cause) == 0);
}

static int go[2]; /* a byte in it: the reader of the FIFO may begin */

/* By then the FIFO is full, and a write of nothing at all has been interrupted. */
static void interrupted(int signal) {
    static unsigned count;
    (void)signal;
    if (++count == 20 && write(go[1], "x", 1) != 1) abort();
}

/* Returns 0 when all came. */
static int read_slowly(size_t size) {
    char bytes[1000];
    size_t total = 0, wrong = 0;
    ssize_t n;
    int fd = open(output_name, O_RDONLY);
    close(go[1]);
    n = read(go[0], bytes, 1);
    while (n >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++, total++) wrong += (unsigned char)bytes[i] != total % 251;
    return wrong || total != size;
}

static void short_writes_are_completed(void) {
    enum { SIZE = 1 << 20 };

    static char bytes[SIZE];
    struct tap tap;
    struct cause cause = {0};
    int status = -1;
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (char)(i % 251);
    unlink(output_name);
    CHECK(mkfifo(output_name, 0600) == 0 && pipe(go) == 0);
    fflush(stdout);
    pid_t reader = fork();
    if (reader == 0) _exit(read_slowly(SIZE));
    CHECK(tap_open(&tap, output_name, NULL, &cause) == 0);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupted}, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_interval = {0, 2000}, .it_value = {0, 2000}},
              NULL);
    CHECK(tap_copy(&tap, bytes, SIZE, &cause) == 0);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    close(go[0]);
    close(go[1]);
    CHECK(tap_close(&tap, &cause) == 0);
    CHECK(waitpid(reader, &status, 0) == reader && status == 0);
    unlink(output_name);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"what is received, and that alone, is appended to the output",
         received_goes_to_the_output},
        {"a tap without files does nothing", none_is_none},
        {"the dump shows both directions with their own offsets", dump_of_both_directions},
        {"peers are named when they change", peers_are_named_when_they_change},
        {"long names are cut, great offsets fit", long_names_and_offsets},
        {"a dump to - goes to stderr, even quietly", dash_is_stderr},
        {"a failure names the file and the reason", failures_name_the_file},
        {"short and interrupted writes are completed", short_writes_are_completed},
    };
    if (!mkdtemp(folder)) return 1;
    snprintf(output_name, sizeof output_name, "%s/output", folder);
    snprintf(dump_name, sizeof dump_name, "%s/dump", folder);
    int status = UNIT_RUN(tests);
    unlink(output_name);
    unlink(dump_name);
    rmdir(folder);
    return status;
}
