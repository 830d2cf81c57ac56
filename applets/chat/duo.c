#include "applets/chat/duo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void tell(struct couple *c, enum couple_who who, const struct buf *line) {
    buf_put(&c->to[who], buf_at(line), line->size);
    buf_put(&c->to[who], "\n", 1);
}

static void tell_both(struct couple *c, const struct buf *line) {
    tell(c, COUPLE_HOST, line);
    tell(c, COUPLE_GUEST, line);
}

static void set_name(struct couple *c, enum couple_who who, const char *name, size_t size) {
    snprintf(c->names[who], ROOM_NAME_BYTES, "%.*s", (int)size, name);
}

static bool same_name(const char *a, size_t size, const char *b) {
    char keys[2][ROOM_NAME_BYTES];
    room_name_key(a, size, keys[0]);
    room_name_key(b, strlen(b), keys[1]);
    return !strcmp(keys[0], keys[1]);
}

void couple_start(struct couple *c, const char *host, const char *guest) {
    *c = (struct couple){.over = false};
    set_name(c, COUPLE_HOST, host, strlen(host));
    if (same_name(guest, strlen(guest), host)) guest = "guest2";
    set_name(c, COUPLE_GUEST, guest, strlen(guest));
}

void couple_free(struct couple *c) {
    buf_free(&c->to[COUPLE_HOST]);
    buf_free(&c->to[COUPLE_GUEST]);
}

void couple_greet(struct couple *c) {
    buf_format(&c->to[COUPLE_HOST], "* %s joined\n", c->names[COUPLE_GUEST]);
    buf_format(&c->to[COUPLE_GUEST], ROOM_WELCOME "%s (/help lists the commands)\n* here: %s %s\n", c->names[COUPLE_GUEST],
               c->names[COUPLE_HOST], c->names[COUPLE_GUEST]);
}

void couple_leave(struct couple *c, enum couple_who who) {
    struct buf line = {0};
    buf_format(&line, "* %s left, " COUPLE_FAREWELL, c->names[who]);
    tell(c, who == COUPLE_HOST ? COUPLE_GUEST : COUPLE_HOST, &line);
    buf_free(&line);
}

static void change_name(struct couple *c, enum couple_who who, const struct room_line *l, struct buf *line) {
    const char *fault = room_name_fault(l->name, l->name_size);
    const char *other = c->names[who == COUPLE_HOST ? COUPLE_GUEST : COUPLE_HOST];
    if (!fault && same_name(l->name, l->name_size, other)) fault = "that name is taken";
    if (fault) {
        buf_format(line, "! %s", fault);
        tell(c, who, line);
        return;
    }
    buf_format(line, "* %s is now %.*s", c->names[who], (int)l->name_size, l->name);
    set_name(c, who, l->name, l->name_size);
    tell_both(c, line);
}

static void whisper(struct couple *c, enum couple_who who, const struct room_line *l, struct buf *line) {
    for (int to = COUPLE_HOST; to <= COUPLE_GUEST; to++) {
        if (room_name_fault(l->name, l->name_size) || !same_name(l->name, l->name_size, c->names[to])) continue;
        room_whisper(line, l, c->names[who], c->names[to]);
        tell(c, who, line);
        if (to != (int)who) tell(c, (enum couple_who)to, line);
        return;
    }
    room_whisper(line, l, c->names[who], NULL);
    tell(c, who, line);
}

static void help(struct couple *c, enum couple_who who) {
    for (const char *const *line = room_help; *line; line++) buf_format(&c->to[who], "* %s\n", *line);
}

void couple_line(struct couple *c, enum couple_who who, const char *text, size_t size, const char *quit_word) {
    struct room_line l;
    struct buf line = {0};
    room_read(&l, text, size);
    if (*quit_word && size == strlen(quit_word) && !memcmp(text, quit_word, size)) l.wish = ROOM_QUIT;
    switch (l.wish) {
    case ROOM_NOTHING: break;
    case ROOM_SAY:
    case ROOM_ME:
        room_speak(&line, &l, c->names[who]);
        tell_both(c, &line);
        break;
    case ROOM_NICK: change_name(c, who, &l, &line); break;
    case ROOM_WHO:
        buf_format(&line, "* here: %s %s", c->names[COUPLE_HOST], c->names[COUPLE_GUEST]);
        tell(c, who, &line);
        break;
    case ROOM_MSG: whisper(c, who, &l, &line); break;
    case ROOM_HELP: help(c, who); break;
    case ROOM_QUIT:
        couple_leave(c, who);
        if (who == COUPLE_GUEST) buf_format(&c->to[COUPLE_GUEST], "* bye, " COUPLE_FAREWELL "\n");
        c->over = true;
        break;
    case ROOM_FAULT:
        buf_format(&line, "! %s", l.fault);
        tell(c, who, &line);
        break;
    }
    buf_free(&line);
}
