#include "common/tty/editor.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/grapheme.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

/* --- places in the line, as seen from the cursor --- */

static size_t line_begin(const struct gap *g) {
    (void)g;
    return 0;
}

static size_t line_end(const struct gap *g) { return gap_size(g); }

static size_t character_before(const struct gap *g) {
    return grapheme_last(gap_before(g), g->before);
}

static size_t character_after(const struct gap *g) {
    int columns;
    return g->before + (g->after > 0 ? grapheme_next(gap_after(g), g->after, &columns) : 0);
}

static bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

static size_t word_begin(const struct gap *g) {
    const char *text = gap_before(g);
    size_t at = g->before;
    while (at > 0 && is_blank(text[at - 1])) at--;
    while (at > 0 && !is_blank(text[at - 1])) at--;
    return at;
}

static size_t word_end(const struct gap *g) {
    const char *text = gap_after(g);
    size_t at = 0;
    while (at < g->after && is_blank(text[at])) at++;
    while (at < g->after && !is_blank(text[at])) at++;
    return g->before + at;
}

/* Bytes on either side of the cursor that were no characters may have become one. */
static void leave_character(struct gap *g) {
    char bytes[6];
    uint32_t point;
    size_t back = g->before < 3 ? g->before : 3, on = g->after < 3 ? g->after : 3;
    memcpy(bytes, gap_before(g) + g->before - back, back);
    memcpy(bytes + back, gap_after(g), on);
    for (size_t i = 0; on > 0 && i < back; i++) {
        int length = utf8_decode(bytes + i, back + on - i, &point);
        if (length <= 0 || i + (size_t)length <= back) continue;
        gap_move(g, g->before + i + (size_t)length - back);
        return;
    }
}

/* --- history --- */

static char *copy_of_line(struct editor *e) {
    size_t size = gap_size(&e->line);
    char *line = mem_new(size + 1);
    memcpy(line, gap_text(&e->line), size);
    return line;
}

static void recall(struct editor *e, size_t which) {
    if (e->past_at == e->past_count) {
        free(e->unfinished);
        e->unfinished = copy_of_line(e);
    }
    const char *line = which == e->past_count ? e->unfinished : e->past[which];
    e->past_at = which;
    gap_clear(&e->line);
    gap_put(&e->line, line, strlen(line));
}

static void forget_oldest(struct editor *e) {
    size_t gone = 0;
    while (e->past_count - gone == EDITOR_PAST || e->past_bytes > EDITOR_MOST) {
        e->past_bytes -= strlen(e->past[gone]);
        free(e->past[gone++]);
    }
    e->past_count -= gone;
    if (gone > 0) memmove(e->past, e->past + gone, e->past_count * sizeof *e->past);
}

static void remember(struct editor *e) {
    char *line = copy_of_line(e);
    bool known = e->past_count > 0 && !strcmp(e->past[e->past_count - 1], line);
    if (!*line || known) {
        free(line);
        return;
    }
    e->past_bytes += strlen(line);
    forget_oldest(e);
    e->past = mem_resize(e->past, e->past_count + 1, sizeof *e->past);
    e->past[e->past_count++] = line;
}

const char *editor_text(struct editor *e) { return gap_text(&e->line); }

void editor_next(struct editor *e) {
    remember(e);
    e->past_at = e->past_count;
    gap_clear(&e->line);
}

/* --- keys --- */

enum editor_event editor_insert(struct editor *e, const char *bytes, size_t n) {
    if (n > EDITOR_MOST - gap_size(&e->line)) return EDITOR_FULL;
    gap_put(&e->line, bytes, n);
    return EDITOR_NONE;
}

static void kill_text(struct editor *e, size_t place) {
    struct gap *g = &e->line;
    const char *text = place < g->before ? gap_before(g) + place : gap_after(g);
    size_t size = place < g->before ? g->before - place : place - g->before;
    if (size == 0) return;
    e->killed = mem_resize(e->killed, size, 1);
    e->killed_size = size;
    memcpy(e->killed, text, size);
    gap_delete(g, place);
}

static void move_to(struct editor *e, size_t place) { gap_move(&e->line, place); }

static void delete_to(struct editor *e, size_t place) { gap_delete(&e->line, place); }

/* What most keys do: something with what lies between the cursor and a place. */
static const struct {
    void (*act)(struct editor *e, size_t place);
    size_t (*place)(const struct gap *g);
} simple[] = {
    [KEY_LEFT] = {move_to, character_before},
    [KEY_RIGHT] = {move_to, character_after},
    [KEY_WORD_LEFT] = {move_to, word_begin},
    [KEY_WORD_RIGHT] = {move_to, word_end},
    [KEY_HOME] = {move_to, line_begin},
    [KEY_END] = {move_to, line_end},
    [KEY_BACKSPACE] = {delete_to, character_before},
    [KEY_DELETE] = {delete_to, character_after},
    [KEY_DELETE_OR_END] = {delete_to, character_after},
    [KEY_KILL_START] = {kill_text, line_begin},
    [KEY_KILL_REST] = {kill_text, line_end},
    [KEY_KILL_WORD] = {kill_text, word_begin},
    [KEY_KILL_NEXT_WORD] = {kill_text, word_end},
    [KEY_YANK] = {NULL, NULL}, /* the last one */
};

static enum editor_event act(struct editor *e, enum editor_key key, const char *s, size_t n) {
    if (key == KEY_DELETE_OR_END && gap_size(&e->line) == 0) return EDITOR_END;
    if (simple[key].act) simple[key].act(e, simple[key].place(&e->line));
    switch (key) {
    case KEY_TEXT:
        return *s == '\t' && e->completing ? EDITOR_COMPLETE : editor_insert(e, s, n);
    case KEY_YANK:
        return editor_insert(e, e->killed, e->killed_size);
    case KEY_ENTER:
        return EDITOR_LINE;
    case KEY_CLEAR:
        return EDITOR_CLEAR;
    case KEY_UP:
        if (e->past_at > 0) recall(e, e->past_at - 1);
        return EDITOR_NONE;
    case KEY_DOWN:
        if (e->past_at < e->past_count) recall(e, e->past_at + 1);
        return EDITOR_NONE;
    default:
        return EDITOR_NONE;
    }
}

/* Acts on what is complete of the bytes held. */
static enum editor_event act_on_held(struct editor *e) {
    enum editor_event event = EDITOR_NONE;
    enum editor_key key;
    size_t length;
    while (event == EDITOR_NONE && e->key_size > 0 &&
           (length = editor_key(e->key, e->key_size, &key)) > 0) {
        event = act(e, key, e->key, length);
        leave_character(&e->line);
        e->key_size -= length;
        memmove(e->key, e->key + length, e->key_size);
    }
    return event;
}

/* No key is that long, and what a terminal says is left out: its beginning tells how it ends, its
 * last two bytes whether that has come. */
static void shorten_held(struct editor *e) {
    memmove(e->key + EDITOR_KEY / 2, e->key + e->key_size - 2, 2);
    e->key_size = EDITOR_KEY / 2 + 2;
}

enum editor_event editor_feed(struct editor *e, const char **s, size_t *n) {
    enum editor_event event = EDITOR_NONE;
    while (event == EDITOR_NONE && *n > 0) {
        e->key[e->key_size++] = *(*s)++;
        --*n;
        event = act_on_held(e);
        if (e->key_size == EDITOR_KEY) shorten_held(e);
    }
    return event;
}

bool editor_waiting(const struct editor *e) { return e->key_size > 1 && e->key[0] == '\033'; }

void editor_quiet(struct editor *e) {
    if (editor_waiting(e)) e->key_size = 0;
}

void editor_free(struct editor *e) {
    for (size_t i = 0; i < e->past_count; i++) free(e->past[i]);
    free(e->past);
    free(e->unfinished);
    free(e->killed);
    gap_free(&e->line);
    *e = (struct editor){.killed = NULL};
}
