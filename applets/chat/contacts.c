#include "applets/chat/contacts.h"

#include <stdlib.h>
#include <string.h>

#include "applets/chat/name.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

struct contact {
    struct roster_entry called;
};

static void forget(struct contacts *c, struct roster_entry *e) {
    roster_leave(&c->roster, e);
    free(container_of(e, struct contact, called));
}

void contacts_free(struct contacts *c) {
    while (c->roster.first) forget(c, c->roster.first);
    roster_free(&c->roster);
}

/* --- hearing --- */

struct word {
    const char *text;
    size_t size;
};

static struct word next_word(const char **s, size_t *n) {
    while (*n > 0 && **s == ' ') ++*s, --*n;
    const char *space = memchr(*s, ' ', *n);
    struct word w = {*s, space ? (size_t)(space - *s) : *n};
    *s += w.size;
    *n -= w.size;
    return w;
}

static bool is_word(struct word w, const char *text) {
    return w.size == strlen(text) && !memcmp(w.text, text, w.size);
}

/* In whatever language the room speaks. */
static bool is(struct word w, const char *text) {
    return is_word(w, text) || is_word(w, lang_french(text));
}

static void note(struct contacts *c, struct word w) {
    if (c->roster.count >= CONTACTS_MOST || name_fault(w.text, w.size)) return;
    if (roster_find(&c->roster, w.text, w.size)) return;
    struct contact *contact = mem_new(sizeof *contact);
    char *name = mem_format("%.*s", (int)w.size, w.text);
    roster_enter(&c->roster, &contact->called, name);
    free(name);
}

static void drop(struct contacts *c, struct word w) {
    struct roster_entry *e =
        name_fault(w.text, w.size) ? NULL : roster_find(&c->roster, w.text, w.size);
    if (e) forget(c, e);
}

/* "* here: ada bob and 3 others": the last words are no names, and harm nobody. */
static void hear_list(struct contacts *c, const char *s, size_t n) {
    for (struct word w; (w = next_word(&s, &n)).size > 0;) note(c, w);
}

/* Behind "* ": "ada joined", "ada left", "ada is now bob". */
static void hear_event(struct contacts *c, const char *s, size_t n) {
    struct word who = next_word(&s, &n), what = next_word(&s, &n);
    if (is(who, "here:")) {
        hear_list(c, what.text, what.size + n);
    } else if (is(what, "joined") && n == 0) {
        note(c, who);
    } else if (is(what, "left")) {
        drop(c, who);
    } else if (is(what, "is") && is(next_word(&s, &n), "now")) {
        drop(c, who);
        note(c, next_word(&s, &n));
    }
}

void contacts_hear(struct contacts *c, const char *line, size_t size) {
    const char *close = size > 1 && line[0] == '(' ? memchr(line, ')', size) : NULL;
    if (close) {
        const char *s = line + 1;
        size_t n = (size_t)(close - s);
        note(c, next_word(&s, &n));
    } else if (size > 2 && line[0] == '*' && line[1] == ' ') {
        hear_event(c, line + 2, size - 2);
    }
}

/* --- completing --- */

static struct word last_word(const char *text, size_t size) {
    size_t begin = size;
    while (begin > 0 && text[begin - 1] != ' ' && text[begin - 1] != '\t') begin--;
    return (struct word){text + begin, size - begin};
}

static size_t characters(struct word w) {
    size_t count = 0;
    uint32_t point;
    for (size_t i = 0; i < w.size; count++) i += utf8_next(w.text + i, w.size - i, &point);
    return count;
}

/* What follows so many characters of a name. */
static struct word rest_of(const char *name, size_t count) {
    struct word w = {name, strlen(name)};
    for (uint32_t point; count > 0; count--) {
        size_t n = utf8_next(w.text, w.size, &point);
        w.text += n;
        w.size -= n;
    }
    return w;
}

/* Shortens a to what it has in common with b, in whole characters. */
static void meet(struct word *a, struct word b) {
    size_t n = 0, common = 0;
    uint32_t point;
    while (n < a->size && n < b.size && a->text[n] == b.text[n]) n++;
    while (common < n) {
        size_t next = common + utf8_next(a->text + common, a->size - common, &point);
        if (next > n) break;
        common = next;
    }
    a->size = common;
}

void contacts_complete(const struct contacts *c, const char *text, size_t size, struct buf *out) {
    struct word w = last_word(text, size), common = {NULL, 0};
    char key[NAME_BYTES];
    size_t found = 0, count = characters(w);
    if (w.size == 0 || name_fault(w.text, w.size)) return;
    name_key(w.text, w.size, key);
    for (const struct roster_entry *e = c->roster.first; e; e = e->next) {
        if (strncmp(e->key, key, strlen(key)) != 0) continue;
        struct word rest = rest_of(e->name, count);
        if (found++ == 0) common = rest;
        meet(&common, rest);
    }
    if (found > 0) buf_put(out, common.text, common.size);
    if (found == 1) buf_put(out, " ", 1);
}
