#include "common/tty/term.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/io/source.h"

#define READ_ONCE 4096 /* what the kernel keeps of what is typed */
#define RECHECK (500 * TEXT_NS_PER_MS)
#define CTRL_D '\004'

/* stdin's terminal: the descriptor to draw with; -1: none. */
static int drawing_fd(void) {
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) == O_RDWR) return STDIN_FILENO;
    if (screen_same(STDIN_FILENO, STDERR_FILENO)) return STDERR_FILENO;
    return screen_same(STDIN_FILENO, STDOUT_FILENO) ? STDOUT_FILENO : -1;
}

bool term_able(void) { return msg_draws(STDIN_FILENO) && drawing_fd() >= 0; }

/* --- the terminal's mode --- */

static void show_row(struct term *t) {
    if (t->raw) screen_row(t->screen, &t->editor.line);
}

/* Output goes on being processed, so that text is shown alike in both modes and none must be waited
 * for. */
static void enter_raw(struct term *t) {
    struct termios raw;
    if (t->raw || tcgetattr(STDIN_FILENO, &t->before) < 0) return;
    raw = t->before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    t->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void leave_raw(struct term *t, bool leave_row) {
    if (!t->raw) return;
    screen_row_off(t->screen, leave_row);
    if (!source_in_background(STDIN_FILENO)) tcsetattr(STDIN_FILENO, TCSANOW, &t->before);
    t->raw = false;
}

static void update(struct term *t);

static void recheck(struct timer *timer) { update(container_of(timer, struct term, recheck)); }

/* Who has the terminal may have changed. */
static void update(struct term *t) {
    bool background = source_in_background(STDIN_FILENO);
    if (background) {
        leave_raw(t, true);
        timer_start(t->loop, &t->recheck, RECHECK, recheck);
    } else if (!t->raw) {
        timer_stop(&t->recheck);
        enter_raw(t);
        show_row(t);
    }
    watch_want(&t->watch, t->wanted && !background ? LOOP_READ : 0);
}

/* --- signals --- */

static void resized(struct sig_watch *w) {
    screen_resized(container_of(w, struct term, resized)->screen);
}

/* After a SIGSTOP, of which we heard nothing, the shell has taken the mode back; or nobody has. */
static void continued(struct sig_watch *w) {
    struct term *t = container_of(w, struct term, continued);
    struct termios now;
    if (t->raw && tcgetattr(STDIN_FILENO, &now) == 0 && now.c_lflag & ICANON) t->raw = false;
    update(t);
    show_row(t);
}

/* Stops as it would have without us; goes on when it is continued. */
static void suspended(struct sig_watch *w) {
    struct term *t = container_of(w, struct term, suspended);
    leave_raw(t, true);
    sig_end(SIGTSTP);
    sig_unwatch(w);
    sig_watch(w, SIGTSTP, suspended);
    update(t);
}

static void quit(struct sig_watch *w) {
    leave_raw(container_of(w, struct term, quit), true);
    sig_end(SIGQUIT);
}

static void watch_signals(struct term *t) {
    sig_watch(&t->resized, SIGWINCH, resized);
    sig_watch(&t->suspended, SIGTSTP, suspended);
    sig_watch(&t->continued, SIGCONT, continued);
    sig_watch(&t->quit, SIGQUIT, quit);
}

static void unwatch_signals(struct term *t) {
    sig_unwatch(&t->resized);
    sig_unwatch(&t->suspended);
    sig_unwatch(&t->continued);
    sig_unwatch(&t->quit);
}

/* --- keys --- */

static void finish(struct term *t, bool leave_row) {
    leave_raw(t, leave_row);
    unwatch_signals(t);
    watch_stop(&t->watch);
    timer_stop(&t->recheck);
    timer_stop(&t->silence);
    t->loop = NULL;
}

static void end_of_input(struct term *t) {
    finish(t, false);
    t->line(t, NULL, 0);
}

static void line_typed(struct term *t) {
    struct editor *e = &t->editor;
    size_t size = gap_size(&e->line);
    const struct gap nothing = {0};
    if (t->vanishes)
        screen_row(t->screen, &nothing);
    else
        screen_row_done(t->screen, &e->line);
    t->line(t, editor_text(e), size);
    if (t->loop) editor_next(e);
    t->full = false;
}

/* Told once a line: many keys may come. */
static void line_full(struct term *t) {
    if (!t->full)
        msg_error("a line that is typed has at most %zu bytes: what would exceed that is refused",
                  EDITOR_MOST);
    t->full = true;
}

static void silent(struct timer *timer) {
    editor_quiet(&container_of(timer, struct term, silence)->editor);
}

/* A Ctrl-D typed before we were there is a NUL in what the kernel kept. */
static void restore_end(char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == '\0') bytes[i] = CTRL_D;
}

static void feed(struct term *t, const char *s, size_t n) {
    enum editor_event event;
    bool refused = false;
    t->editor.completing = t->complete != NULL;
    while (t->loop && (event = editor_feed(&t->editor, &s, &n)) != EDITOR_NONE) {
        if (event == EDITOR_LINE) line_typed(t);
        if (event == EDITOR_END && t->endless) t->line(t, NULL, 0);
        if (event == EDITOR_END && !t->endless) end_of_input(t);
        if (event == EDITOR_CLEAR) screen_clear(t->screen);
        if (event == EDITOR_COMPLETE)
            t->complete(t, gap_before(&t->editor.line), t->editor.line.before);
        if (event == EDITOR_FULL) line_full(t);
        refused |= event == EDITOR_FULL;
    }
    if (refused && t->loop) screen_bell(t->screen);
}

static void keys_ready(struct watch *w, unsigned events) {
    struct term *t = container_of(w, struct term, watch);
    char bytes[READ_ONCE];
    (void)events;
    update(t);
    if (!w->want) return;
    ssize_t got = source_read(STDIN_FILENO, SOURCE_TTY, bytes, sizeof bytes);
    if (got < 0 && loop_not_yet(errno)) {
        watch_stalled(w);
        return;
    }
    if (got <= 0) {
        t->error = got < 0 ? errno : 0;
        end_of_input(t);
        return;
    }
    if (t->first) restore_end(bytes, (size_t)got);
    t->first = false;
    feed(t, bytes, (size_t)got);
    if (!t->loop) return;
    show_row(t);
    if (editor_waiting(&t->editor))
        timer_start(t->loop, &t->silence, EDITOR_SILENCE, silent);
    else
        timer_stop(&t->silence);
}

void term_start(struct term *t, struct loop *loop, struct screen *out,
                void (*line)(struct term *t, const char *text, size_t size)) {
    bool same = out->sink && screen_same(STDIN_FILENO, out->sink->fd);
    *t = (struct term){.loop = loop, .line = line, .first = true};
    t->screen = same ? out : &t->own;
    if (!same) screen_open(&t->own, loop, drawing_fd());
    watch_start(loop, &t->watch, STDIN_FILENO, 0, keys_ready);
    watch_signals(t);
    update(t);
}

void term_insert(struct term *t, const char *bytes, size_t n) {
    editor_insert(&t->editor, bytes, n);
}

void term_want(struct term *t, bool on) {
    if (!t->loop || t->wanted == on) return;
    t->wanted = on;
    update(t);
}

void term_stop(struct term *t) {
    if (t->loop) finish(t, true);
    screen_stop(&t->own);
    editor_free(&t->editor);
}
