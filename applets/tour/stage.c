#include "applets/tour/stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/loop/sig.h"
#include "common/net/call.h"

#define READ_ONCE ((size_t)4096)
#define LOOK (INT64_C(50) * 1000000)          /* ns */
#define STAGE_GRACE (INT64_C(1) * 1000000000) /* ns, from SIGTERM to SIGKILL */

/* --- in the child: the record, a line "TIME\tCALL\tWORDS" each, one write(2) --- */

static void record_line(void *ctx, const struct call_line *line) {
    char text[CALL_MOST + 2 * CALL_WORDS];
    const int *fd = ctx;
    int n =
        snprintf(text, sizeof text, "%lld\t%s\t%s\n", (long long)line->at, line->call, line->words);
    if (n > 0 && (size_t)n < sizeof text && write(*fd, text, (size_t)n) < 0) _exit(1);
}

/* An error, or narration. */
static void record_words(void *ctx, const char *text, size_t size) {
    char words[CALL_WORDS];
    size_t n = size < sizeof words ? size : sizeof words - 1;
    memcpy(words, text, n);
    words[n] = '\0';
    words[strcspn(words, "\n")] = '\0';
    record_line(ctx, &(struct call_line){loop_clock(), "", words});
}

static void close_all_but(int record) {
    long most = sysconf(_SC_OPEN_MAX);
    if (most < 0 || most > 1024) most = 1024; /* ours are below */
    for (int fd = 3; fd < (int)most; fd++)
        if (fd != record) close(fd);
}

static void become(struct stage *s, int input, int record, char **argv) {
    int argc = 0, nothing = open("/dev/null", O_RDWR);
    sig_stop();
    dup2(input >= 0 ? input : nothing, 0);
    dup2(nothing, 1);
    dup2(nothing, 2);
    record = aside_move(record);
    close_all_but(record);
    call_divert(record_line, &record);
    msg_divert(record_words, &record);
    while (argv[argc]) argc++;
    _exit(s->run(argc, argv));
}

/* --- the record, as it comes --- */

static bool is_awaited(const struct stage *s, int actor, const char *call, const char *words) {
    return s->call && actor == s->awaited && !strncmp(call, s->call, strlen(s->call)) &&
           strstr(words, s->words);
}

static void take_line(struct actor *a, char *line) {
    struct stage *s = a->stage;
    int actor = (int)(a - s->actors);
    char *call = strchr(line, '\t'), *words = call ? strchr(call + 1, '\t') : NULL;
    if (!words) return;
    *call++ = *words++ = '\0';
    events_add(&s->events, actor, strtoll(line, NULL, 10), call, words);
    if (!is_awaited(s, actor, call, words)) return;
    s->met = true;
    loop_stop(s->loop);
}

static void take_lines(struct actor *a) {
    const char *end;
    while (a->bytes.size > 0 && (end = memchr(buf_at(&a->bytes), '\n', a->bytes.size))) {
        size_t size = (size_t)(end - buf_at(&a->bytes)) + 1;
        char *line = mem_new(size);
        memcpy(line, buf_at(&a->bytes), size - 1);
        buf_drop(&a->bytes, size);
        take_line(a, line);
        free(line);
    }
}

static void gone(struct actor *a) {
    int fd = a->record.fd;
    watch_stop(&a->record);
    close(fd);
    while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR) continue;
    a->pid = 0;
    loop_stop(a->stage->loop);
}

static void record_ready(struct watch *w, unsigned events) {
    struct actor *a = container_of(w, struct actor, record);
    (void)events;
    ssize_t n = read(w->fd, buf_reserve(&a->bytes, READ_ONCE), READ_ONCE);
    if (n < 0 && loop_not_yet(errno)) return;
    if (n <= 0) {
        gone(a);
        return;
    }
    buf_grown(&a->bytes, (size_t)n);
    take_lines(a);
}

/* --- who enters --- */

/* The command line as one would type it. */
static void show_command(struct stage *s, int actor, const char *const *words) {
    struct buf line = {NULL, 0, 0, 0};
    buf_format(&line, "$ sockkit %s --trace", words[0]);
    for (int i = 1; words[i]; i++) {
        const char *quote = strchr(words[i], ' ') ? "'" : "";
        buf_format(&line, " %s%s%s", quote, words[i], quote);
    }
    buf_put(&line, "", 1);
    events_add(&s->events, actor, loop_clock(), "", buf_at(&line));
    buf_free(&line);
}

static bool open_pipes(int input[2], int record[2]) {
    if (pipe2(input, O_CLOEXEC) < 0) return false;
    if (pipe2(record, O_CLOEXEC) < 0) {
        close(input[0]);
        close(input[1]);
        return false;
    }
    for (int i = 0; i < 2; i++) {
        input[i] = aside_move(input[i]);
        record[i] = aside_move(record[i]);
    }
    return true;
}

static void start(struct stage *s, struct actor *a, bool typed, char **argv) {
    int input[2], record[2];
    if (!open_pipes(input, record)) return;
    pid_t pid = sig_fork();
    if (pid == 0) become(s, typed ? input[0] : -1, record[1], argv);
    close(input[0]);
    close(record[1]);
    a->input = input[1];
    if (pid < 0) {
        close(record[0]);
        return;
    }
    a->pid = pid;
    watch_start(s->loop, &a->record, record[0], LOOP_READ, record_ready);
}

void stage_enter(struct stage *s, int actor, bool typed, const char *const *words) {
    static const char *const added[] = {"-qT", "--max-time", "5s"};
    const char *argv[STAGE_WORDS + 6] = {words[0]};
    size_t n = 1;
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++) argv[n++] = added[i];
    for (int i = 1; i < STAGE_WORDS && words[i]; i++) argv[n++] = words[i];
    struct actor *a = &s->actors[actor];
    *a = (struct actor){.stage = s, .input = -1};
    if (actor >= s->count) s->count = actor + 1;
    show_command(s, actor, words);
    start(s, a, typed, (char **)(uintptr_t)argv);
}

void stage_say(struct stage *s, int actor, const char *text) {
    const struct actor *a = &s->actors[actor];
    ssize_t ignored = a->input >= 0 ? write(a->input, text, strlen(text)) : 0;
    (void)ignored; /* it has ended: then there is no more of the scene */
}

void stage_hush(struct stage *s, int actor) {
    struct actor *a = &s->actors[actor];
    if (a->input >= 0) close(a->input);
    a->input = -1;
}

/* --- waiting --- */

/* A while in the loop, within the time of the scene. False: that is over. */
static bool go_on(struct stage *s) {
    int64_t left = s->until - loop_clock();
    if (left <= 0) return false;
    loop_run_for(s->loop, left < LOOK ? left : LOOK);
    if (s->look) s->look(s);
    return loop_error(s->loop) == 0;
}

bool stage_await(struct stage *s, int actor, const char *call, const char *words) {
    s->met = false;
    s->awaited = actor;
    s->call = call;
    s->words = words;
    while (!s->met && s->actors[actor].pid && go_on(s)) continue;
    s->call = NULL;
    return s->met;
}

static bool anybody(const struct stage *s, int first) {
    for (int i = first; i < s->count; i++)
        if (s->actors[i].pid) return true;
    return false;
}

void stage_finish(struct stage *s, int first) {
    while (anybody(s, first) && go_on(s)) continue;
    for (int i = first; i < s->count; i++)
        if (s->actors[i].pid) kill(s->actors[i].pid, SIGTERM);
    s->until += STAGE_GRACE;
    while (anybody(s, first) && go_on(s)) continue;
    for (int i = first; i < s->count; i++)
        if (s->actors[i].pid) kill(s->actors[i].pid, SIGKILL);
}

void stage_clear(struct stage *s) {
    for (int i = 0; i < s->count; i++) {
        stage_hush(s, i);
        buf_free(&s->actors[i].bytes);
    }
    events_free(&s->events);
    s->count = 0;
}

/* --- ports --- */

/* The port that a socket of this type gets when it asks for one; 0: none. */
static int try_port(int type, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), reuse = type == SOCK_STREAM, found = 0;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) return 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse); /* as the servers do */
    if (bind(fd, (struct sockaddr *)&a, size) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &size) == 0)
        found = ntohs(a.sin_port);
    close(fd);
    return found;
}

int stage_port(int wanted) {
    bool free = wanted && try_port(SOCK_STREAM, wanted) && try_port(SOCK_DGRAM, wanted);
    return free ? wanted : try_port(SOCK_STREAM, 0);
}
