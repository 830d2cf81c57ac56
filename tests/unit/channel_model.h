/* channel_model: a channel beside a plain list of what each of its members is to hear. Whoever
 * includes this chooses what happens (choose), and says what a difference means (MODEL_CHECK). */
#ifndef TEST_CHANNEL_MODEL_H
#define TEST_CHANNEL_MODEL_H

#include <stdlib.h>
#include <string.h>

#include "applets/chat/channel.h"
#include "common/base/mem.h"

/* 0 to n - 1. */
static unsigned choose(unsigned n);

#define MODEL_MEMBERS 12

struct model_member {
    struct subscriber s;
    bool there, late, ending;
    unsigned pace;        /* percent of what there is that one delivery takes */
    struct buf due;       /* all that it is still to hear, in order */
    size_t past_at, past; /* where in `due` the history stands, and how much of it */
    size_t own;
    size_t beyond; /* bytes of the log behind the last it is to hear */
};

static struct model {
    struct channel channel;
    struct model_member members[MODEL_MEMBERS];
    struct buf said; /* what became history, whole */
    size_t history;  /* lines */
    unsigned long serial;
} model;

static struct model_member *model_of(struct subscriber *s) {
    return container_of(s, struct model_member, s);
}

/* What counts: all of it, but of the history a quarter of the log at most; and for one that is to
 * hear no more, the log behind that. */
static size_t model_lack(const struct model_member *m) {
    size_t quarter = model.channel.log.size / 4;
    return m->due.size - m->past + (m->past < quarter ? m->past : quarter) + m->beyond;
}

static void model_drop(struct model_member *m, size_t n) {
    size_t before = n < m->past_at ? n : m->past_at;
    size_t of_past = n - before < m->past ? n - before : m->past;
    m->past_at -= before;
    m->past -= of_past;
    buf_drop(&m->due, n);
}

/* It hears at most n bytes, which must be the next that are due. */
static void model_hear(struct model_member *m, size_t n) {
    struct iovec pieces[5];
    size_t all, left;
    int count = subscriber_gather(&m->s, pieces, 1 + (int)choose(5), &all);
    n = left = n < all ? n : all;
    for (int i = 0; i < count; i++) {
        size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
        size_t at = n - left;
        MODEL_CHECK(pieces[i].iov_len > 0);
        MODEL_CHECK(at + part <= m->due.size &&
                    (part == 0 || !memcmp(buf_at(&m->due) + at, pieces[i].iov_base, part)));
        left -= part;
    }
    MODEL_CHECK(left == 0 && (all > 0) == subscriber_lacks(&m->s));
    channel_took(&model.channel, &m->s, n);
    model_drop(m, n);
}

static void model_deliver(struct subscriber *s) {
    struct model_member *m = model_of(s);
    if (m->pace > 0) model_hear(m, m->due.size * m->pace / 100);
}

/* A line that tells itself from all others. */
static size_t model_line(char *line, size_t size) {
    char head[32];
    size_t n = (size_t)snprintf(head, sizeof head, "%lu ", ++model.serial);
    memset(line, 'a' + (int)(model.serial % 26), size);
    memcpy(line, head, n < size ? n : size);
    line[size - 1] = '\n';
    return size;
}

static void model_free(struct model_member *m) {
    buf_free(&m->due);
    *m = (struct model_member){.there = false};
}

static void model_say(size_t size, bool keep);

/* Those who were cut off must have lacked too much for `size` bytes more; the room is told of each,
 * which may cut off others. */
static void model_late(size_t size, const struct model_member *noted) {
    struct subscriber *s;
    while ((s = channel_late(&model.channel))) {
        struct model_member *m = model_of(s);
        bool too_far = model_lack(m) + size > model.channel.log.size,
             pool = m == noted && m->own + size + 4096 > CHANNEL_OWN;
        MODEL_CHECK(m->there && !m->late && (too_far || pool));
        m->late = true;
    }
    for (size_t i = 0; i < MODEL_MEMBERS; i++) {
        struct model_member *m = &model.members[i];
        if (!m->there || !m->late) continue;
        model_free(m);
        model_say(20, false);
    }
}

static void model_say(size_t size, bool keep) {
    size_t most = model.channel.log.size;
    char *line = mem_new(size);
    if (size > most) size = most;
    model_line(line, size);
    channel_say(&model.channel, line, size, keep);
    if (keep && model.history) buf_put(&model.said, line, size);
    for (size_t i = 0; i < MODEL_MEMBERS; i++) {
        struct model_member *m = &model.members[i];
        if (!m->there || !m->s.log) continue;
        if (m->ending)
            m->beyond += size;
        else
            buf_put(&m->due, line, size);
        MODEL_CHECK(model_lack(m) <= most);
    }
    free(line);
    model_late(size, NULL);
}

static void model_note(struct model_member *m, size_t size) {
    char *line = mem_new(size);
    model_line(line, size);
    channel_note(&model.channel, &m->s, line, size);
    if (m->s.log) {
        buf_put(&m->due, line, size);
        m->own += size;
        MODEL_CHECK(model_lack(m) <= model.channel.log.size);
    }
    free(line);
    model_late(size, m);
}

/* The last lines of what was said. */
static void model_replay(struct model_member *m) {
    const char *begin = buf_at(&model.said), *at = begin + model.said.size;
    channel_replay(&model.channel, &m->s);
    if (m->s.log) {
        for (size_t lines = 0; at > begin; at--)
            if (at[-1] == '\n' && lines++ == model.history) break;
        m->past_at = m->due.size;
        m->past = (size_t)(begin + model.said.size - at);
        buf_put(&m->due, at, m->past);
    }
    model_late(model.channel.log.size / 4, NULL);
}

static void model_join(struct model_member *m) {
    m->there = true;
    m->pace = choose(3) ? choose(101) : 0;
    channel_join(&model.channel, &m->s);
    if (choose(4)) model_note(m, 8 + choose(20));
    if (m->there && choose(4)) model_replay(m);
}

static void model_leave(struct model_member *m) {
    channel_leave(&model.channel, &m->s);
    model_free(m);
    model_say(20, false);
}

/* It hears what was said up to now, and no more. */
static void model_end(struct model_member *m) {
    m->s.end = model.channel.log.end;
    m->ending = true;
    model_say(20, false);
}

static size_t model_size(void) {
    size_t most = model.channel.log.size;
    return 8 + choose(choose(20) ? 60 : (unsigned)most - 8);
}

/* What is older than the last lines is never replayed. */
static void model_forget(void) {
    size_t half = model.said.size / 2;
    if (model.said.size < 4 * (model.channel.log.size + 1) * (model.history + 1)) return;
    const char *begin = buf_at(&model.said), *newline = memchr(begin + half, '\n', half);
    buf_drop(&model.said, (size_t)(newline - begin) + 1);
}

static void model_check_bounds(void) {
    size_t own = 0, kept = model.channel.history.count * HISTORY_PIECE,
           size = model.channel.log.size;
    for (size_t i = 0; i < MODEL_MEMBERS; i++) own += model.members[i].s.notes.size;
    MODEL_CHECK(own == model.channel.own && own <= size + MODEL_MEMBERS * CHANNEL_OWN);
    MODEL_CHECK(kept <= model.history * size + size + 2 * HISTORY_PIECE);
}

static void model_step(void) {
    struct model_member *m = &model.members[choose(MODEL_MEMBERS)];
    unsigned what = choose(100);
    if (!m->there)
        what < 50 ? model_join(m) : model_say(model_size(), what & 1);
    else if (what < 40)
        model_say(model_size(), what & 1);
    else if (what < 65)
        m->ending ? (void)0 : model_note(m, model_size());
    else if (what < 90)
        model_hear(m, choose((unsigned)m->due.size + 1));
    else if (what < 94)
        m->ending ? (void)0 : model_end(m);
    else
        model_leave(m);
    model_forget();
    model_check_bounds();
}

/* A channel of `size` bytes that keeps so many lines for newcomers. */
static void model_start(size_t size, size_t history) {
    model = (struct model){.history = history};
    channel_start(&model.channel, size, history, model_deliver);
}

/* All hear the rest, and leave. */
static void model_end_all(void) {
    for (size_t i = 0; i < MODEL_MEMBERS; i++) {
        struct model_member *m = &model.members[i];
        if (!m->there) continue;
        while (subscriber_lacks(&m->s)) model_hear(m, SIZE_MAX);
        MODEL_CHECK(m->due.size == 0);
        channel_leave(&model.channel, &m->s);
        model_free(m);
    }
    channel_free(&model.channel);
    buf_free(&model.said);
}

#endif
