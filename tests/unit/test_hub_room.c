#include "applets/chat/hub_room.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/loop/loop.h"
#include "unit.h"

#define HERE "00000000000000aa"
#define THERE "00000000000000bb"

struct listener {
    struct member member;
    struct buf heard;
    int resumed;
};

static struct loop *loop;
static struct service service;
static struct hub_room room;
static struct listener ada, bob;
static uint64_t number; /* of the last entry */

static void deliver(struct member *m) {
    struct listener *l = container_of(m, struct listener, member);
    struct iovec pieces[4];
    size_t all;
    int count;
    while ((count = subscriber_gather(&m->reader, pieces, 4, &all)) > 0) {
        for (int i = 0; i < count; i++) buf_put(&l->heard, pieces[i].iov_base, pieces[i].iov_len);
        service_took(m, all);
    }
}

static void drop(struct member *m) { service_gone(m); }

static void resume(struct member *m) { container_of(m, struct listener, member)->resumed++; }

static void wake(struct hub_room *r) { (void)r; }

/* What was heard since the last time, a '|' for each newline. */
static void check_heard(struct listener *l, const char *expected) {
    loop_settle(loop);
    buf_put(&l->heard, "", 1);
    char *text = l->heard.bytes + l->heard.start;
    for (char *at = text; *at; at++)
        if (*at == '\n') *at = '|';
    CHECK_TEXT(text, expected);
    buf_free(&l->heard);
}

static void begin(void) {
    const struct service_conf conf = {.buffer = SERVICE_BUFFER_LEAST, .history = 5};
    loop = loop_new();
    service_start(&service, loop, &conf);
    room = (struct hub_room){.server = HERE, .wake = wake};
    hub_room_start(&room, &service);
    ada = bob = (struct listener){.resumed = 0};
    number = 0;
}

static void end(void) {
    hub_room_close(&room);
    service_close(&service);
    service_gone(&ada.member);
    service_gone(&bob.member);
    loop_settle(loop);
    hub_room_stop(&room);
    service_stop(&service);
    buf_free(&ada.heard);
    buf_free(&bob.heard);
    loop_free(loop);
}

static void enter(struct listener *l) {
    static const struct member_ops ops = {.deliver = deliver, .drop = drop, .resume = resume};
    service_enter(&service, &l->member, &ops);
}

static void say(struct listener *l, const char *text) {
    service_hear(&l->member, text, strlen(text));
}

/* The deeds that were not sent get their numbers. */
static void send_all(void) {
    static uint64_t top;
    if (!room.deeds.first) top = 0;
    for (struct deed *d = room.deeds.first; d; d = d->next) {
        if (d->number > top) top = d->number;
        if (d->kind != ENTRY_KINDS && !d->number) d->number = ++top;
    }
    room.deeds.unsent = NULL;
}

static void show(const char *server, uint64_t q, enum entry_kind kind, uint64_t member,
                 const char *name, const char *text) {
    struct entry e = {.kind = kind, .n = ++number, .q = q, .text = text, .size = strlen(text)};
    e.seat.member = member;
    snprintf(e.seat.server, sizeof e.seat.server, "%s", server);
    snprintf(e.name, sizeof e.name, "%s", name);
    hub_room_show(&room, &e);
}

/* The first deed comes back. */
static void confirm(const char *name, const char *text) {
    send_all();
    const struct deed *d = room.deeds.first;
    CHECK(d != NULL);
    if (d) show(HERE, d->number, d->kind, d->guest->seat.member, name, text);
}

static void what_is_done_is_shown_when_it_comes_back(void) {
    begin();
    enter(&ada);
    check_heard(&ada, "");
    confirm("user1", "");
    check_heard(&ada, "* welcome, you are user1 (/help lists the commands)|* here: user1|");
    say(&ada, "one");
    say(&ada, "/nick Ada");
    check_heard(&ada, "");
    confirm("user1", "one");
    confirm("user1", "Ada");
    check_heard(&ada, "(user1) one|* user1 is now Ada|");
    show(THERE, 1, ENTRY_JOIN, 1, "eve", "");
    show(THERE, 2, ENTRY_SAY, 1, "eve", "hi\x1b");
    show(THERE, 3, ENTRY_LEFT, 1, "eve", "slow");
    check_heard(&ada, "* eve joined|(eve) hi\\x1B|* eve left (it did not read)|");
    end();
}

static void answers_wait_for_what_was_said_before(void) {
    begin();
    enter(&ada);
    say(&ada, "/nick Ada");
    say(&ada, "/who");
    say(&ada, "/nick (");
    say(&ada, "two");
    confirm("user1", "");
    check_heard(&ada, "* welcome, you are user1 (/help lists the commands)|* here: user1|");
    confirm("user1", "Ada");
    check_heard(&ada, "* user1 is now Ada|* here: Ada|"
                      "! a name has printable characters alone, no space, no parentheses|");
    confirm("Ada", "two");
    check_heard(&ada, "(Ada) two|");
    end();
}

static void who_leaves_hears_its_last_words_and_no_more(void) {
    begin();
    enter(&ada);
    confirm("user1", "");
    check_heard(&ada, "* welcome, you are user1 (/help lists the commands)|* here: user1|");
    say(&ada, "bye");
    service_leave(&ada.member);
    say(&ada, "never");
    CHECK(service_leaves(&ada.member) && !service_is_done(&ada.member));
    confirm("user1", "bye");
    confirm("user1", "");
    check_heard(&ada, "(user1) bye|");
    CHECK(service_is_done(&ada.member) && !room.deeds.first && service.roster.count == 0);
    end();
}

static void what_the_hub_refuses_is_told_to_who_asked(void) {
    begin();
    enter(&ada);
    confirm("user1", "");
    check_heard(&ada, "* welcome, you are user1 (/help lists the commands)|* here: user1|");
    say(&ada, "/nick eve");
    say(&ada, "/msg Zoe hi");
    send_all();
    show(HERE, room.deeds.first->number, ENTRY_REFUSED, 0, "user1", "Eve");
    show(HERE, room.deeds.first->number, ENTRY_REFUSED, 0, "user1", "");
    check_heard(&ada, "! Eve is here already|! nobody here is called Zoe|");
    end();
}

static void who_was_taken_for_dead_joins_again(void) {
    begin();
    enter(&ada);
    confirm("user1", "");
    enter(&bob);
    confirm("user2", "");
    check_heard(&bob, "* welcome, you are user2 (/help lists the commands)|* here: user2 user1|");
    say(&ada, "late");
    show(HERE, 0, ENTRY_LEFT, 1, "user1", "");
    show(HERE, 0, ENTRY_LEFT, 2, "user2", "");
    hub_room_settle(&room, 0);
    hub_room_rejoin(&room);
    for (int i = 0; i < 2; i++) {
        send_all();
        confirm(room.deeds.first->guest->seat.member == 1 ? "user7" : "user2", "");
    }
    confirm("user7", "late");
    check_heard(&bob, "* user1 left|* user2 left|* user7 joined|* user2 joined|(user7) late|");
    CHECK(service.roster.count == 2 && !room.deeds.first);
    end();
}

static void joins_that_put_names_back_are_silent(void) {
    begin();
    enter(&ada);
    confirm("user1", "");
    show(THERE, 1, ENTRY_JOIN, 1, "eve", "");
    hub_room_rejoin(&room);
    confirm("user1", "");
    show(THERE, 2, ENTRY_JOIN, 1, "eve", "");
    check_heard(&ada, "* welcome, you are user1 (/help lists the commands)|* here: user1|"
                      "* eve joined|");
    end();
}

static void what_the_hub_has_is_not_sent_anew(void) {
    begin();
    enter(&ada);
    confirm("user1", "");
    say(&ada, "one");
    say(&ada, "two");
    send_all();
    uint64_t first = room.deeds.first->number;
    hub_room_settle(&room, first);
    CHECK(room.deeds.first && !room.deeds.first->next && room.deeds.first->number == 0);
    CHECK(room.deeds.unsent == room.deeds.first && deeds_said(&room.deeds) == 1);
    end();
}

static void an_entry_that_is_not_what_was_done_settles_nothing(void) {
    begin();
    enter(&ada);
    confirm("user1", "");
    say(&ada, "one");
    send_all();
    show(HERE, room.deeds.first->number, ENTRY_LEFT, 1, "user1", "");
    CHECK(room.deeds.first && service.roster.count == 1);
    end();
}

static void input_waits_when_too_much_does(void) {
    char text[1001] = "";
    memset(text, 'x', 1000);
    begin();
    enter(&ada);
    confirm("user1", "");
    int lines = 0;
    for (; !service_waits(&ada.member) && lines < 1000; lines++) say(&ada, text);
    CHECK(lines > 50 && lines < 80 && ada.resumed == 0);
    for (int i = 0; i < lines; i++) confirm("user1", text);
    CHECK(ada.resumed == 1 && !service_waits(&ada.member) && room.deeds.bytes == 0);
    end();
}

static void a_list_that_is_taken_anew_replaces_who_was_elsewhere(void) {
    struct seat seat = {.server = THERE, .member = 2};
    begin();
    enter(&ada);
    confirm("user1", "");
    show(THERE, 1, ENTRY_JOIN, 1, "eve", "");
    show(THERE, 2, ENTRY_JOIN, 4, "lou", "");
    hub_room_list_start(&room);
    hub_room_list(&room, &seat, "kim");
    seat.member = 3;
    hub_room_list(&room, &seat, "Eve");
    hub_room_list_end(&room);
    say(&ada, "/who");
    check_heard(&ada, "* welcome, you are user1 (/help lists the commands)|* here: user1|"
                      "* eve joined|* lou joined|* eve left|* here: Eve kim user1|");
    end();
}

int main(void) {
    static const struct unit_test tests[] = {
        {"what is done is shown when it comes back", what_is_done_is_shown_when_it_comes_back},
        {"answers wait for what was said before", answers_wait_for_what_was_said_before},
        {"who leaves hears its last words and no more",
         who_leaves_hears_its_last_words_and_no_more},
        {"what the hub refuses is told to who asked", what_the_hub_refuses_is_told_to_who_asked},
        {"who was taken for dead joins again, and then says what waited",
         who_was_taken_for_dead_joins_again},
        {"joins that put names back are silent", joins_that_put_names_back_are_silent},
        {"what the hub has is not sent anew", what_the_hub_has_is_not_sent_anew},
        {"an entry that is not what was done settles nothing",
         an_entry_that_is_not_what_was_done_settles_nothing},
        {"input waits when too much does, and goes on", input_waits_when_too_much_does},
        {"a list that is taken anew replaces who was elsewhere",
         a_list_that_is_taken_anew_replaces_who_was_elsewhere},
    };
    return UNIT_RUN(tests);
}
