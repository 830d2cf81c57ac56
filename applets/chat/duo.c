#include "applets/chat/duo.h"

#include <stdio.h>
#include <string.h>

#include "applets/chat/room.h"
#include "common/base/lang.h"

static void tell(struct duo *d, enum duo_who who, const struct buf *line) {
    buf_put(&d->to[who], buf_at(line), line->size);
    buf_put(&d->to[who], "\n", 1);
}

/* The host reads this at its own terminal, the guest hears it from afar. */
static lang_say *say_to(enum duo_who who) { return who == DUO_HOST ? tr : tr_wire; }

static void tell_both(struct duo *d, const struct buf *line) {
    tell(d, DUO_HOST, line);
    tell(d, DUO_GUEST, line);
}

static void set_name(struct duo *d, enum duo_who who, const char *name, size_t size) {
    snprintf(d->names[who], NAME_BYTES, "%.*s", (int)size, name);
}

static bool same_name(const char *a, size_t size, const char *b) {
    char keys[2][NAME_BYTES];
    name_key(a, size, keys[0]);
    name_key(b, strlen(b), keys[1]);
    return !strcmp(keys[0], keys[1]);
}

void duo_start(struct duo *d, const char *host, const char *guest) {
    *d = (struct duo){.over = false};
    set_name(d, DUO_HOST, host, strlen(host));
    if (same_name(guest, strlen(guest), host)) guest = "guest2";
    set_name(d, DUO_GUEST, guest, strlen(guest));
}

void duo_free(struct duo *d) {
    buf_free(&d->to[DUO_HOST]);
    buf_free(&d->to[DUO_GUEST]);
}

void duo_greet(struct duo *d) {
    buf_format(&d->to[DUO_HOST], tr("* %s joined\n"), d->names[DUO_GUEST]);
    buf_format(&d->to[DUO_GUEST], tr_wire(ROOM_WELCOME), d->names[DUO_GUEST]);
    buf_put(&d->to[DUO_GUEST], "\n", 1);
    buf_format(&d->to[DUO_GUEST], tr_wire("* here: %s %s\n"), d->names[DUO_HOST],
               d->names[DUO_GUEST]);
}

static enum duo_who other_than(enum duo_who who) { return who == DUO_HOST ? DUO_GUEST : DUO_HOST; }

void duo_end(struct duo *d, enum duo_who who) {
    for (enum duo_who to = DUO_HOST; to <= DUO_GUEST; to++)
        buf_format(&d->to[to], say_to(to)("* %s has ended, and " DUO_LISTENS "\n"), d->names[who]);
}

void duo_leave(struct duo *d, enum duo_who who) {
    enum duo_who other = other_than(who);
    buf_format(&d->to[other], say_to(other)("* %s left, " DUO_FAREWELL "\n"), d->names[who]);
    d->over = true;
}

static void change_name(struct duo *d, enum duo_who who, const struct room_line *l,
                        struct buf *line) {
    const char *fault = name_fault(l->name, l->name_size);
    if (!fault && same_name(l->name, l->name_size, d->names[other_than(who)]))
        fault = "that name is taken";
    if (fault) {
        buf_format(line, "! %s", say_to(who)(fault));
        tell(d, who, line);
        return;
    }
    for (enum duo_who to = DUO_HOST; to <= DUO_GUEST; to++) {
        buf_clear(line);
        buf_format(line, say_to(to)(ROOM_RENAMED), d->names[who], (int)l->name_size, l->name);
        tell(d, to, line);
    }
    set_name(d, who, l->name, l->name_size);
}

static bool is_called(const struct duo *d, enum duo_who who, const struct room_line *l) {
    return !name_fault(l->name, l->name_size) && same_name(l->name, l->name_size, d->names[who]);
}

static void whisper(struct duo *d, enum duo_who who, const struct room_line *l, struct buf *line) {
    enum duo_who other = other_than(who);
    bool to_other = is_called(d, other, l), to_self = is_called(d, who, l);
    room_whisper(line, l, d->names[who],
                 to_other  ? d->names[other]
                 : to_self ? d->names[who]
                           : NULL,
                 say_to(who));
    tell(d, who, line);
    if (to_other) tell(d, other, line);
}

static void help(struct duo *d, enum duo_who who) {
    for (const char *const *line = room_help; *line; line++)
        buf_format(&d->to[who], "* %s\n", say_to(who)(*line));
}

static void quit(struct duo *d, enum duo_who who) {
    duo_leave(d, who);
    if (who == DUO_GUEST) buf_format(&d->to[DUO_GUEST], "%s", tr_wire("* bye, " DUO_FAREWELL "\n"));
}

/* `line` is for what is put together. */
static void grant(struct duo *d, enum duo_who who, const struct room_line *l, struct buf *line) {
    switch (l->wish) {
    case ROOM_NOTHING:
        break;
    case ROOM_SAY:
    case ROOM_ME:
        room_speak(line, l, d->names[who]);
        tell_both(d, line);
        break;
    case ROOM_NICK:
        change_name(d, who, l, line);
        break;
    case ROOM_WHO:
        buf_format(&d->to[who], say_to(who)("* here: %s %s\n"), d->names[DUO_HOST],
                   d->names[DUO_GUEST]);
        break;
    case ROOM_MSG:
        whisper(d, who, l, line);
        break;
    case ROOM_HELP:
        help(d, who);
        break;
    case ROOM_QUIT:
        quit(d, who);
        break;
    case ROOM_FAULT:
        buf_format(&d->to[who], "! %s\n", l->fault);
        break;
    }
}

void duo_line(struct duo *d, enum duo_who who, const char *text, size_t size,
              const char *quit_word) {
    struct room_line l;
    struct buf line = {0};
    room_read(&l, text, size, say_to(who));
    if (*quit_word && size == strlen(quit_word) && !memcmp(text, quit_word, size))
        l.wish = ROOM_QUIT;
    grant(d, who, &l, &line);
    buf_free(&line);
}
