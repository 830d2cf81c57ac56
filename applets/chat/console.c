#include "applets/chat/console.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/net/sock.h"

/* a turn; little against STREAM_READ: a room says more than it is told, and who does not keep up is
 * dropped */
#define READ_ONCE ((size_t)2048)

/* --- stdout --- */

static void output_changed(void *owner) {
    struct console *c = owner;
    if (c->out.status)
        c->failed(c);
    else if (!c->out.full)
        c->drained(c);
}

void console_show(struct console *c, const char *text, size_t size) {
    struct buf line = {0};
    buf_put(&line, text, size);
    buf_put(&line, "\n", 1);
    if (c->screen.sink)
        screen_line(&c->screen, buf_at(&line), line.size);
    else
        output_put(&c->out, NULL, buf_at(&line), line.size);
    buf_free(&line);
}

/* --- stdin --- */

static void tell(struct console *c, enum line_kind kind, const char *text, size_t size) {
    if (kind == LINE_MESSAGE)
        c->line(c, text, size);
    else if (kind == LINE_TOO_LONG) {
        c->skipped++;
        msg_error("a line of stdin has more than %zu bytes: skipped", LINE_MOST);
    }
}

static void stdin_failed(struct console *c, int error) {
    msg_error("cannot read stdin: %s", lang_error(error));
    c->broken = true;
}

static void end(struct console *c) {
    const char *text;
    size_t size;
    if (c->ended) return;
    c->ended = true;
    source_want(&c->in, false);
    enum line_kind kind = line_end(&c->framing, &text, &size);
    tell(c, kind, text, size);
    c->line(c, NULL, 0);
}

static void input_ready(struct source *in) {
    struct console *c = container_of(in, struct console, in);
    static char bytes[READ_ONCE];
    const char *at = bytes, *text;
    size_t left, size;
    ssize_t n = source_read(in->fd, in->kind, bytes, sizeof bytes);
    if (n < 0 && loop_not_yet(errno)) {
        watch_stalled(&in->watch);
        return;
    }
    if (n < 0) stdin_failed(c, errno);
    if (n <= 0) {
        end(c);
        return;
    }
    left = (size_t)n;
    for (enum line_kind kind;
         (kind = line_next(&c->framing, &at, &left, &text, &size)) != LINE_NONE;)
        tell(c, kind, text, size);
}

static void line_typed(struct term *t, const char *text, size_t size) {
    struct console *c = container_of(t, struct console, term);
    if (!text) c->ended = true;
    if (t->error) stdin_failed(c, t->error);
    c->line(c, text, size);
}

bool console_lasts(const struct console *c) {
    return !c->ended && !c->typed && !source_is_null(STDIN_FILENO);
}

/* How much of stdin can be read without waiting: of a file all, of a pipe what is in it now. */
static size_t input_left(const struct console *c) {
    struct stat st;
    if (!c->in.loop || fstat(STDIN_FILENO, &st) < 0) return 0;
    if (S_ISREG(st.st_mode)) return SIZE_MAX;
    return S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ? sock_unread(STDIN_FILENO) : 0;
}

static ssize_t read_left(const struct console *c, char bytes[READ_ONCE], size_t left) {
    size_t most = left < READ_ONCE ? left : READ_ONCE;
    return most > 0 ? source_read(STDIN_FILENO, c->in.kind, bytes, most) : 0;
}

/* The last line may lack its newline, and the first has begun in what was read before. */
size_t console_unread(struct console *c) {
    char bytes[READ_ONCE];
    size_t lines = 0;
    ssize_t n;
    bool begun = c->framing.part.size > 0;
    if (c->ended) return 0;
    for (size_t left = input_left(c); (n = read_left(c, bytes, left)) > 0; left -= (size_t)n) {
        for (ssize_t i = 0; i < n; i++) lines += bytes[i] == '\n';
        begun = bytes[n - 1] != '\n';
    }
    c->ended = true;
    if (c->in.loop) source_want(&c->in, false);
    return lines + begun;
}

static void tab_typed(struct term *t, const char *text, size_t size) {
    struct console *c = container_of(t, struct console, term);
    c->complete(c, text, size);
}

void console_insert(struct console *c, const char *bytes, size_t n) {
    term_insert(&c->term, bytes, n);
}

void console_keep_typed(struct console *c, bool on) { c->term.vanishes = c->on_terminal && !on; }

void console_want(struct console *c, bool on) {
    if (c->ended) return;
    if (c->term.loop)
        term_want(&c->term, on);
    else if (c->in.loop)
        source_want(&c->in, on);
}

/* --- both --- */

void console_start(struct console *c, struct loop *loop) {
    c->loop = loop;
    c->on_terminal = !c->mute && isatty(STDOUT_FILENO);
    c->typed = isatty(STDIN_FILENO);
    line_start(&c->framing, LINE_MOST);
    output_start(&c->out, loop, c->mute ? -1 : STDOUT_FILENO);
    c->out.changed = output_changed;
    c->out.owner = c;
    screen_start(&c->screen, &c->out);
    if (!term_able()) {
        source_start(&c->in, loop, STDIN_FILENO, input_ready);
        return;
    }
    term_start(&c->term, loop, &c->screen, line_typed);
    console_keep_typed(c, false);
    c->term.complete = tab_typed;
}

void console_stop(struct console *c) {
    if (!c->loop) return;
    term_stop(&c->term);
    screen_stop(&c->screen);
    source_stop(&c->in);
    output_stop(&c->out);
    line_free(&c->framing);
}
