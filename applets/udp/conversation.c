#include "applets/udp/conversation.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/io/source.h"

#define LINES_ONCE ((size_t)64)

/* --- to whom --- */

static void forget(struct conversation *c, struct sender *sender) {
    senders_remove(&c->heard, sender);
    free(sender);
}

static void make_room(struct conversation *c) {
    if (!c->to_all)
        while (c->heard.count > 0) forget(c, c->heard.silent);
    if (c->heard.count < CONVERSATION_MOST) return;
    if (!c->crowded)
        msg_note(0, "more than %d senders: who was silent for longest is forgotten",
                 CONVERSATION_MOST);
    c->crowded = true;
    forget(c, c->heard.silent);
}

static struct sender *meet(struct conversation *c, struct dgram_door *door, const struct dgram *d) {
    char text[DGRAM_PEER];
    make_room(c);
    struct sender *sender = mem_new(sizeof *sender);
    senders_add(&c->heard, sender, door, d);
    msg_note(1, c->to_all ? "lines of stdin go to %s, too" : "lines of stdin go to %s",
             dgram_peer(d, text));
    return sender;
}

/* --- what is said --- */

/* Those who came by the same door get their copies at once. */
static void say(struct conversation *c, const struct dgram *line) {
    struct dgram copies[LINES_ONCE];
    size_t count = 0;
    for (struct sender *i = c->heard.silent; i; i = i->shorter) {
        copies[count++] = sender_reply(i, line->bytes, line->size);
        bool more = i->shorter && i->shorter->door == i->door && count < LINES_ONCE;
        if (more) continue;
        dgram_door_send(i->door, copies, count);
        count = 0;
    }
}

static const struct dgram_server *server_of(const struct conversation *c) {
    return c->heard.silent->door->server;
}

/* Says what has come of stdin, and asks for more once the system has taken that. */
static void speak(struct conversation *c) {
    struct dgram lines[LINES_ONCE];
    size_t count;
    do {
        count = outgoing_take(&c->input, lines, LINES_ONCE);
        for (size_t i = 0; i < count; i++) say(c, &lines[i]);
        c->progress |= count > 0;
        c->waiting = dgram_server_waits(server_of(c));
    } while (count > 0 && !c->waiting);
    if (c->waiting || c->input.complete || outgoing_want(&c->input)) return;
    msg_error("a line of stdin is too large for a datagram");
    c->failed(c);
}

static void input_ready(struct outgoing *o) { speak(container_of(o, struct conversation, input)); }

static void input_failed(struct outgoing *o, int error) {
    struct conversation *c = container_of(o, struct conversation, input);
    msg_error("cannot read stdin: %s", lang_error(error));
    c->failed(c);
}

static void line_waits(struct outgoing *o) {
    struct conversation *c = container_of(o, struct conversation, input);
    if (!c->early && c->heard.count == 0)
        msg_note(0, "nobody has sent anything: what you type waits for the first who does");
    c->early = true;
}

static void ctrl_d(struct outgoing *o) {
    (void)o;
    msg_note(0, "Ctrl-D says nothing to anybody: datagrams have no end (Ctrl-C ends the server)");
}

void conversation_hear(struct conversation *c, struct dgram_door *door, const struct dgram *d) {
    bool first = c->heard.count == 0;
    if (!c->started || c->input.complete || !senders_answerable(d)) return;
    struct sender *sender = senders_find(&c->heard, door, d);
    if (!sender) sender = meet(c, door, d);
    senders_hear(&c->heard, sender, d, loop_now(c->loop));
    if (first) speak(c);
}

void conversation_drained(struct conversation *c) {
    if (c->waiting) speak(c);
}

/* --- from start to end --- */

bool conversation_goes_on(const struct conversation *c) {
    return c->started && !c->quiet && !c->input.complete && c->heard.count > 0;
}

static void look_on(struct timer *t) {
    struct conversation *c = container_of(t, struct conversation, finishing);
    c->quiet = !c->progress && !c->waiting;
    if (c->quiet)
        c->finished(c);
    else
        conversation_finish(c);
}

/* A turn in which stdin had nothing is the end. */
void conversation_finish(struct conversation *c) {
    c->progress = false;
    timer_start(c->loop, &c->finishing, 0, look_on);
}

void conversation_start(struct conversation *c, bool edit, struct screen *screen) {
    if (source_is_null(STDIN_FILENO)) return;
    c->started = true;
    c->input = (struct outgoing){.repeat = 1,
                                 .ready = input_ready,
                                 .failed = input_failed,
                                 .waits = line_waits,
                                 .ctrl_d = ctrl_d};
    outgoing_start(&c->input, c->loop, edit, screen);
}

void conversation_stop(struct conversation *c) {
    timer_stop(&c->finishing);
    while (c->heard.count > 0) forget(c, c->heard.silent);
    senders_free(&c->heard);
    if (c->started) outgoing_stop(&c->input);
    c->started = false;
}
