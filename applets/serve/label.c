#include "applets/serve/label.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"

#define SHOW_AFTER (500 * TEXT_NS_PER_MS)
#define PART_MOST ((size_t)65536) /* held back of an unfinished line */

void label_start(struct label *l, struct loop *loop, struct output *out) {
    *l = (struct label){.loop = loop, .out = out};
}

/* What is held back of the line, in one piece; `end` finishes it. */
static void show(struct label_speaker *s, const char *end) {
    struct label *l = s->label;
    char now[MSG_TIME];
    struct buf line = {0};
    timer_stop(&s->timer);
    if (output_line_ended(l->out)) l->unfinished = NULL;
    bool anew = l->unfinished != s || (s->whole && s->part.size > 0);
    if (anew) buf_format(&line, "%s%s%s", l->unfinished ? "\n" : "", msg_time(now), s->prefix);
    buf_put(&line, buf_at(&s->part), s->part.size);
    buf_put(&line, end, strlen(end));
    l->unfinished = *end ? NULL : s;
    s->whole = false;
    buf_drop(&s->part, s->part.size);
    output_put(l->out, NULL, buf_at(&line), line.size);
    buf_free(&line);
}

/* On a terminal, and of a peer that has never sent a newline, that was a message. */
static void time_to_show(struct timer *t) {
    struct label_speaker *s = container_of(t, struct label_speaker, timer);
    show(s, "");
    s->whole = !s->has_lines || output_draws(s->label->out);
}

void label_join(struct label *l, struct label_speaker *s, const char *name) {
    *s = (struct label_speaker){.label = l};
    snprintf(s->prefix, sizeof s->prefix, "[%s] ", name);
}

void label_put(struct label_speaker *s, const char *bytes, size_t n) {
    while (n > 0) {
        const char *newline = memchr(bytes, '\n', n);
        size_t size = newline ? (size_t)(newline - bytes) : n;
        buf_put(&s->part, bytes, size);
        if (newline) s->has_lines = true;
        if (newline)
            show(s, "\n");
        else if (s->part.size > PART_MOST)
            show(s, "");
        size += newline != NULL;
        bytes += size;
        n -= size;
    }
    if (s->part.size > 0 && !timer_running(&s->timer))
        timer_start(s->label->loop, &s->timer, SHOW_AFTER, time_to_show);
}

void label_end_message(struct label_speaker *s) {
    if (s->part.size > 0) show(s, "");
    s->whole = s->label->unfinished == s;
}

void label_leave(struct label_speaker *s) {
    if (!s->label) return;
    bool open = s->label->unfinished == s && !output_line_ended(s->label->out);
    if (s->part.size > 0 || open) show(s, "\n");
    timer_stop(&s->timer);
    buf_free(&s->part);
}
