#include "applets/probe/list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/lang.h"
#include "common/base/mem.h"

#define LONGEST ((size_t)4096) /* of a line */

static void readable(struct source *s) {
    struct list *l = container_of(s, struct list, source);
    source_want(s, false);
    l->readable = true;
    l->ready(l);
}

int list_open(struct list *l, struct loop *loop, const char *file, struct cause *cause) {
    bool input = strcmp(file, "-") == 0;
    int fd = input ? STDIN_FILENO : aside_move(open(file, O_RDONLY | O_CLOEXEC));
    *l = (struct list){.name = input ? "stdin" : file};
    if (fd < 0) {
        l->name = NULL;
        return cause_set(cause, STATUS_FAILED, "cannot open %s: %s", file, lang_error(errno));
    }
    line_start(&l->line, LONGEST);
    source_start(&l->source, loop, fd, readable);
    return 0;
}

void list_close(struct list *l) {
    if (!l->name) return;
    source_stop(&l->source);
    if (l->source.fd != STDIN_FILENO) close(l->source.fd);
    line_free(&l->line);
    l->name = NULL;
}

/* --- lines --- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* A '#' begins a comment where a word might begin. */
int list_split(char *text, size_t n, char *words[2]) {
    int count = 0;
    for (size_t at = 0; at < n && text[at] != '#';) {
        size_t begin = at;
        while (at < n && !is_blank(text[at])) at++;
        if (at > begin && count < 2) words[count] = text + begin;
        count += at > begin;
        for (; at < n && is_blank(text[at]); at++) text[at] = '\0';
    }
    return count > 2 ? 3 : count;
}

static bool wait_for_more(struct list *l) {
    source_want(&l->source, true);
    return false;
}

/* One read that does not block. False: nothing can be read now. */
static bool fill(struct list *l, struct cause *cause) {
    if (l->source.kind != SOURCE_FILE && !l->readable) return wait_for_more(l);
    l->readable = false;
    ssize_t n = source_read(l->source.fd, l->source.kind, l->bytes, sizeof l->bytes);
    if (n < 0 && loop_not_yet(errno)) {
        watch_stalled(&l->source.watch);
        return wait_for_more(l);
    }
    if (n < 0) cause_set(cause, STATUS_FAILED, "cannot read %s: %s", l->name, lang_error(errno));
    l->at = l->bytes;
    l->left = n > 0 ? (size_t)n : 0;
    l->ended = n <= 0;
    return true;
}

static enum list_next wrong(const struct list *l, const char *why, struct cause *cause) {
    cause_set(cause, STATUS_USAGE, "%s:%llu: %s", l->name, (unsigned long long)l->number, tr(why));
    return LIST_FAILED;
}

/* The next line, which is copied to out. LIST_TARGET: there is one. */
static enum list_next next_line(struct list *l, char out[LONGEST + 1], size_t *size,
                                struct cause *cause) {
    const char *text;
    enum line_kind kind;
    cause->text[0] = '\0';
    while ((kind = line_next(&l->line, &l->at, &l->left, &text, size)) == LINE_NONE) {
        if (l->ended) kind = line_end(&l->line, &text, size);
        if (l->ended) break;
        if (!fill(l, cause)) return LIST_LATER;
        if (cause->text[0]) return LIST_FAILED;
    }
    if (kind == LINE_NONE) return LIST_END;
    l->number++;
    if (kind == LINE_TOO_LONG) return wrong(l, "the line is too long", cause);
    if (memchr(text, '\0', *size)) return wrong(l, "there is a NUL in the line", cause);
    memcpy(out, text, *size);
    out[*size] = '\0';
    return LIST_TARGET;
}

enum list_next list_next(struct list *l, char **target, char **ports, struct cause *cause) {
    static char text[LONGEST + 1];
    char *words[2];
    int count;
    do {
        size_t size;
        enum list_next found = next_line(l, text, &size, cause);
        if (found != LIST_TARGET) return found;
        count = list_split(text, size, words);
    } while (count == 0);
    if (count > 2) return wrong(l, "a line is TARGET [PORTS]", cause);
    *target = words[0];
    *ports = count == 2 ? words[1] : NULL;
    return LIST_TARGET;
}
