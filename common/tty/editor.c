#include "common/tty/editor.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/base/width.h"

#define PAST_MOST 500 /* lines of history */

/* --- where characters and words begin and end --- */

static size_t unit(const struct editor *e, size_t at, int *width) {
    uint32_t point;
    size_t length = utf8_next(e->text + at, e->size - at, &point);
    *width = width_of(point);
    return length;
}

/* The end of the character at `at`, with all that combines with it. */
static size_t after(const struct editor *e, size_t at) {
    int width;
    if (at == e->size) return at;
    at += unit(e, at, &width);
    while (at < e->size) {
        size_t length = unit(e, at, &width);
        if (width != 0) break;
        at += length;
    }
    return at;
}

static size_t before(const struct editor *e, size_t at) {
    size_t begin = at > EDITOR_KEY ? at - EDITOR_KEY : 0, found;
    for (;; begin /= 2) { /* far back only where a great many combine */
        while (begin > 0 && (e->text[begin] & 0xc0) == 0x80) begin--;
        found = begin;
        for (size_t i = begin; i < at; i = after(e, i)) found = i;
        if (found > begin || begin == 0) return found;
    }
}

/* Bytes that were no characters may have become one around the cursor. */
static void leave_character(struct editor *e) {
    size_t lead = e->cursor;
    int width;
    if (lead == e->size) return;
    while (lead > 0 && e->cursor - lead < 3 && (e->text[lead] & 0xc0) == 0x80) lead--;
    size_t end = lead + unit(e, lead, &width);
    if (lead < e->cursor && end > e->cursor) e->cursor = end;
}

static bool blank_before(const struct editor *e, size_t at) {
    return e->text[at - 1] == ' ' || e->text[at - 1] == '\t';
}

static size_t word_begin(const struct editor *e) {
    size_t at = e->cursor;
    while (at > 0 && blank_before(e, at)) at--;
    while (at > 0 && !blank_before(e, at)) at--;
    return at;
}

static size_t word_end(const struct editor *e) {
    size_t at = e->cursor;
    while (at < e->size && blank_before(e, at + 1)) at++;
    while (at < e->size && !blank_before(e, at + 1)) at++;
    return at;
}

/* --- changes --- */

static void insert(struct editor *e, const char *s, size_t n) {
    if (n == 0) return;
    if (e->room - e->size < n) {
        e->room = 2 * e->room + n + 64;
        e->text = mem_resize(e->text, e->room, 1);
    }
    memmove(e->text + e->cursor + n, e->text + e->cursor, e->size - e->cursor);
    memcpy(e->text + e->cursor, s, n);
    e->size += n;
    e->cursor += n;
}

static void cut(struct editor *e, size_t from, size_t to) {
    if (from == to) return;
    memmove(e->text + from, e->text + to, e->size - to);
    e->size -= to - from;
    e->cursor = from;
}

static void kill_text(struct editor *e, size_t from, size_t to) {
    if (from == to) return;
    e->killed_size = to - from;
    e->killed = mem_resize(e->killed, e->killed_size, 1);
    memcpy(e->killed, e->text + from, e->killed_size);
    cut(e, from, to);
}

static void set_text(struct editor *e, const char *text) {
    e->size = e->cursor = 0;
    insert(e, text, strlen(text));
}

/* --- history --- */

static char *copy_of_line(const struct editor *e) {
    char *line = mem_new(e->size + 1);
    if (e->size > 0) memcpy(line, e->text, e->size);
    return line;
}

static void recall(struct editor *e, size_t which) {
    if (e->past_at == e->past_count) {
        free(e->unfinished);
        e->unfinished = copy_of_line(e);
    }
    e->past_at = which;
    set_text(e, which == e->past_count ? e->unfinished : e->past[which]);
}

static void remember(struct editor *e) {
    char *line = copy_of_line(e);
    bool known = e->past_count > 0 && !strcmp(e->past[e->past_count - 1], line);
    if (!*line || known) {
        free(line);
        return;
    }
    if (e->past_count == PAST_MOST) {
        free(e->past[0]);
        memmove(e->past, e->past + 1, --e->past_count * sizeof *e->past);
    }
    e->past = mem_resize(e->past, e->past_count + 1, sizeof *e->past);
    e->past[e->past_count++] = line;
}

void editor_next(struct editor *e) {
    remember(e);
    e->past_at = e->past_count;
    e->size = e->cursor = 0;
}

/* --- keys --- */

static enum editor_event act(struct editor *e, enum editor_key key, const char *s, size_t n) {
    switch (key) {
    case KEY_NONE:
        break;
    case KEY_TEXT:
        insert(e, s, n);
        break;
    case KEY_ENTER:
        return EDITOR_LINE;
    case KEY_CLEAR:
        return EDITOR_CLEAR;
    case KEY_LEFT:
        e->cursor = before(e, e->cursor);
        break;
    case KEY_RIGHT:
        e->cursor = after(e, e->cursor);
        break;
    case KEY_WORD_LEFT:
        e->cursor = word_begin(e);
        break;
    case KEY_WORD_RIGHT:
        e->cursor = word_end(e);
        break;
    case KEY_HOME:
        e->cursor = 0;
        break;
    case KEY_END:
        e->cursor = e->size;
        break;
    case KEY_UP:
        if (e->past_at > 0) recall(e, e->past_at - 1);
        break;
    case KEY_DOWN:
        if (e->past_at < e->past_count) recall(e, e->past_at + 1);
        break;
    case KEY_BACKSPACE:
        cut(e, before(e, e->cursor), e->cursor);
        break;
    case KEY_DELETE_OR_END:
        if (e->size == 0) return EDITOR_END;
        cut(e, e->cursor, after(e, e->cursor));
        break;
    case KEY_DELETE:
        cut(e, e->cursor, after(e, e->cursor));
        break;
    case KEY_KILL_START:
        kill_text(e, 0, e->cursor);
        break;
    case KEY_KILL_REST:
        kill_text(e, e->cursor, e->size);
        break;
    case KEY_KILL_WORD:
        kill_text(e, word_begin(e), e->cursor);
        break;
    case KEY_KILL_NEXT_WORD:
        kill_text(e, e->cursor, word_end(e));
        break;
    case KEY_YANK:
        insert(e, e->killed, e->killed_size);
        break;
    }
    return EDITOR_NONE;
}

/* Acts on what is complete of the bytes held. */
static enum editor_event act_on_held(struct editor *e) {
    enum editor_event event = EDITOR_NONE;
    enum editor_key key;
    size_t length;
    while (event == EDITOR_NONE && e->key_size > 0 &&
           (length = editor_key(e->key, e->key_size, &key)) > 0) {
        event = act(e, key, e->key, length);
        leave_character(e);
        e->key_size -= length;
        memmove(e->key, e->key + length, e->key_size);
    }
    return event;
}

enum editor_event editor_feed(struct editor *e, const char **s, size_t *n) {
    enum editor_event event = EDITOR_NONE;
    while (event == EDITOR_NONE && *n > 0) {
        e->key[e->key_size++] = *(*s)++;
        --*n;
        event = act_on_held(e);
    }
    return event;
}

void editor_free(struct editor *e) {
    for (size_t i = 0; i < e->past_count; i++) free(e->past[i]);
    free(e->past);
    free(e->unfinished);
    free(e->killed);
    free(e->text);
    *e = (struct editor){.text = NULL};
}
