#include "applets/chat/duo.h"

#include <stdio.h>
#include <string.h>

#include "applets/chat/room.h"

static void tell(struct duo *c, enum duo_who who, const struct buf *line) {
    buf_put(&c->to[who], buf_at(line), line->size);
    buf_put(&c->to[who], "\n", 1);
}

static void tell_both(struct duo *c, const struct buf *line) {
    tell(c, DUO_HOST, line);
    tell(c, DUO_GUEST, line);
}

static void set_name(struct duo *c, enum duo_who who, const char *name, size_t size) {
    snprintf(c->names[who], NAME_BYTES, "%.*s", (int)size, name);
}

static bool same_name(const char *a, size_t size, const char *b) {
    char keys[2][NAME_BYTES];
    name_key(a, size, keys[0]);
    name_key(b, strlen(b), keys[1]);
    return !strcmp(keys[0], keys[1]);
}

void duo_start(struct duo *c, const char *host, const char *guest) {
    *c = (struct duo){.over = false};
    set_name(c, DUO_HOST, host, strlen(host));
    if (same_name(guest, strlen(guest), host)) guest = "guest2";
    set_name(c, DUO_GUEST, guest, strlen(guest));
}

void duo_free(struct duo *c) {
    buf_free(&c->to[DUO_HOST]);
    buf_free(&c->to[DUO_GUEST]);
}

void duo_greet(struct duo *c) {
    buf_format(&c->to[DUO_HOST], "* %s joined\n", c->names[DUO_GUEST]);
    buf_format(&c->to[DUO_GUEST], ROOM_WELCOME "%s (/help lists the commands)\n* here: %s %s\n",
               c->names[DUO_GUEST], c->names[DUO_HOST], c->names[DUO_GUEST]);
}

static enum duo_who other_than(enum duo_who who) { return who == DUO_HOST ? DUO_GUEST : DUO_HOST; }

void duo_end(struct duo *c, enum duo_who who) {
    struct buf line = {0};
    buf_format(&line, "* %s has ended, and " DUO_LISTENS, c->names[who]);
    tell_both(c, &line);
    buf_free(&line);
}

void duo_leave(struct duo *c, enum duo_who who) {
    buf_format(&c->to[other_than(who)], "* %s left, " DUO_FAREWELL "\n", c->names[who]);
    c->over = true;
}

static void change_name(struct duo *c, enum duo_who who, const struct room_line *l,
                        struct buf *line) {
    const char *fault = name_fault(l->name, l->name_size);
    const char *other = c->names[other_than(who)];
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

static void whisper(struct duo *c, enum duo_who who, const struct room_line *l, struct buf *line) {
    for (int to = DUO_HOST; to <= DUO_GUEST; to++) {
        if (name_fault(l->name, l->name_size) || !same_name(l->name, l->name_size, c->names[to]))
            continue;
        room_whisper(line, l, c->names[who], c->names[to]);
        tell(c, who, line);
        if (to != (int)who) tell(c, (enum duo_who)to, line);
        return;
    }
    room_whisper(line, l, c->names[who], NULL);
    tell(c, who, line);
}

static void help(struct duo *c, enum duo_who who) {
    for (const char *const *line = room_help; *line; line++)
        buf_format(&c->to[who], "* %s\n", *line);
}

void duo_line(struct duo *c, enum duo_who who, const char *text, size_t size,
              const char *quit_word) {
    struct room_line l;
    struct buf line = {0};
    room_read(&l, text, size);
    if (*quit_word && size == strlen(quit_word) && !memcmp(text, quit_word, size))
        l.wish = ROOM_QUIT;
    switch (l.wish) {
    case ROOM_NOTHING:
        break;
    case ROOM_SAY:
    case ROOM_ME:
        room_speak(&line, &l, c->names[who]);
        tell_both(c, &line);
        break;
    case ROOM_NICK:
        change_name(c, who, &l, &line);
        break;
    case ROOM_WHO:
        buf_format(&line, "* here: %s %s", c->names[DUO_HOST], c->names[DUO_GUEST]);
        tell(c, who, &line);
        break;
    case ROOM_MSG:
        whisper(c, who, &l, &line);
        break;
    case ROOM_HELP:
        help(c, who);
        break;
    case ROOM_QUIT:
        duo_leave(c, who);
        if (who == DUO_GUEST) buf_format(&c->to[DUO_GUEST], "* bye, " DUO_FAREWELL "\n");
        break;
    case ROOM_FAULT:
        buf_format(&line, "! %s", l.fault);
        tell(c, who, &line);
        break;
    }
    buf_free(&line);
}
