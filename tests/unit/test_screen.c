#include "common/tty/screen.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "unit.h"
#include "vt.h"

static struct vt *vt;
static struct screen screen;
static struct loop *loop;
static struct output out;
static struct gap line;

static void begin(size_t columns) {
    vt = vt_open(columns);
    output_start(&out, loop, vt->slave);
    screen_start(&screen, &out);
    screen.able = true;
}

/* Takes what was drawn; returns how much that was. */
static size_t drawn(void) {
    size_t size = vt_take(vt);
    while (sink_waiting(&out.sink) > 0) {
        sink_flush(&out.sink);
        size += vt_take(vt);
    }
    return size;
}

static void end(void) {
    screen_stop(&screen);
    drawn();
    output_stop(&out);
    gap_free(&line);
    vt_close(vt);
}

static void say(const char *text) {
    output_put(&out, NULL, text, strlen(text));
    drawn();
}

static void type(const char *text) {
    gap_put(&line, text, strlen(text));
    screen_row(&screen, &line);
    drawn();
}

static void resize(size_t columns) {
    vt_resize(vt, columns);
    screen_resized(&screen);
    drawn();
}

/* The lines seen, '|' between them, '_' where the cursor stands. */
static const char *seen(void) {
    static char text[4096];
    struct buf all = {.size = 0};
    for (size_t i = 0; i < vt->count; i++) {
        const char *s = buf_at(&vt->lines[i]);
        size_t size = vt->lines[i].size, at = i == vt->cursor.line ? vt->cursor.at : size;
        buf_format(&all, "%s%.*s%s%.*s", i ? "|" : "", (int)at, s, i == vt->cursor.line ? "_" : "",
                   (int)(size - at), s + at);
    }
    snprintf(text, sizeof text, "%.*s", (int)all.size, buf_at(&all));
    buf_free(&all);
    return text;
}

static void stop_waiting(struct timer *t) { loop_stop(t->loop); }

/* Nobody speaks for 500 ms. */
static void be_silent(void) {
    struct timer wait = {.loop = NULL};
    timer_start(loop, &wait, 501 * INT64_C(1000000), stop_waiting);
    loop_run(loop);
    drawn();
}

static void say_as(struct output_origin *who, const char *text) {
    output_put(&out, who, text, strlen(text));
    drawn();
}

static void what_arrives_appears_above_the_row(void) {
    begin(20);
    type("hello");
    say("one\ntwo\n");
    CHECK_TEXT(seen(), "one|two|hello_");
    gap_move(&line, 2);
    screen_row(&screen, &line);
    screen_line(&screen, "narrated\n", 9);
    drawn();
    CHECK_TEXT(seen(), "one|two|narrated|he_llo");
    say("login: ");
    CHECK_TEXT(seen(), "one|two|narrated|login: he_llo");
    screen_row_done(&screen, &line);
    drawn();
    CHECK_TEXT(seen(), "one|two|narrated|login: hello|_");
    end();
}

static void an_unfinished_line_as_wide_as_the_terminal_is_seen_whole(void) {
    begin(10);
    type("");
    say("0123456789");
    CHECK_TEXT(seen(), "0123456789|_");
    type("me");
    CHECK_TEXT(seen(), "0123456789|me_");
    say("\nmore\n"); /* its newline is no empty row */
    CHECK_TEXT(seen(), "0123456789|more|me_");
    say("0123456789");
    say("0");
    CHECK_TEXT(seen(), "0123456789|more|0123456789|0me_");
    end();
}

static void no_line_vanishes_when_the_terminal_becomes_narrower(void) {
    begin(40);
    say("above\n");
    type("0123456789");
    resize(10); /* the cursor waits at the edge */
    CHECK_TEXT(seen(), "above|56789_");
    gap_clear(&line);
    type("");
    say("a question of 24 columns");
    CHECK_TEXT(seen(), "above|a question| of 24 col|umns_");
    end();
    begin(40);
    say("above\n");
    type("");
    say("a question of 24 columns");
    resize(10);
    CHECK_TEXT(seen(), "above|a question| of 24 col|umns_");
    resize(40);
    type("!");
    CHECK_TEXT(seen(), "above|a question| of 24 col|umns!_");
    end();
}

static void rows_that_a_terminal_wrapped_are_wiped(void) {
    begin(40);
    say("above\n");
    type("abcdefghijklmnopqrstuvwxyz0123");
    gap_move(&line, 20);
    screen_row(&screen, &line);
    drawn();
    resize(10); /* three rows, the cursor at the beginning of the third */
    CHECK_TEXT(seen(), "above|pqrst_uvwx");
    resize(40);
    CHECK_TEXT(seen(), "above|abcdefghijklmnopqrst_uvwxyz0123");
    end();
}

static void a_row_begins_behind_what_came_before(void) {
    begin(20);
    say("login: ");
    type("me");
    CHECK_TEXT(seen(), "login: me_");
    end();
    begin(20);
    say("a question of 24 columns");
    vt_resize(vt, 40);
    type("me");
    CHECK_TEXT(seen(), "a question of 24 columns|me_");
    say("\nmore\n");
    CHECK_TEXT(seen(), "a question of 24 columns|more|me_");
    end();
}

static void a_message_without_newline_is_ended_before_what_comes_next(void) {
    begin(20);
    type("");
    say("Bonjour");
    be_silent();
    CHECK_TEXT(seen(), "Bonjour_");
    say("Ca va");
    say(" ?"); /* at once: it goes on */
    CHECK_TEXT(seen(), "Bonjour|Ca va ?_");
    be_silent();
    type("me");
    CHECK_TEXT(seen(), "Bonjour|Ca va ?|me_");
    say("typing");
    CHECK_TEXT(seen(), "Bonjour|Ca va ?|typingme_");
    be_silent();
    CHECK_TEXT(seen(), "Bonjour|Ca va ?|typing|me_");
    screen_row_done(&screen, &line);
    gap_clear(&line);
    say("bye");
    be_silent();
    screen_line(&screen, "closed\n", 7);
    drawn();
    CHECK_TEXT(seen(), "Bonjour|Ca va ?|typing|me|bye|closed|_");
    end();
}

static void the_newline_that_follows_a_message_belongs_to_it(void) {
    begin(20);
    say("Bonjour");
    be_silent();
    say("\r\nSalut\n");
    CHECK_TEXT(seen(), "Bonjour|Salut|_");
    end();
}

static void an_answer_is_typed_behind_a_question(void) {
    begin(20);
    type("");
    say("login: ");
    be_silent();
    type("me");
    CHECK_TEXT(seen(), "login: me_");
    screen_line(&screen, "narrated\n", 9);
    drawn();
    CHECK_TEXT(seen(), "narrated|login: me_");
    say("again: ");
    CHECK_TEXT(seen(), "narrated|login: |again: me_");
    end();
}

static void two_peers_never_stand_in_one_line(void) {
    struct output_origin a = {.place.peer = "a"}, b = {.place.peer = "b"};
    begin(20);
    say_as(&a, "Bonjour");
    say_as(&b, "Salut");
    say_as(&b, " !");
    CHECK_TEXT(seen(), "Bonjour|Salut !_");
    say_as(&b, ""); /* it has gone */
    say_as(&b, "another");
    CHECK_TEXT(seen(), "Bonjour|Salut !|another_");
    end();
}

static void the_terminal_is_left_at_the_beginning_of_a_line(void) {
    static const struct {
        const char *said, *typed, *seen;
    } rows[] = {
        {"", "", "_"},
        {"text\n", "", "text|_"},
        {"text", "", "text|_"},
        {"", "half", "half|_"},
        {"login: ", "me", "login: me|_"},
        {"0123456789", "", "0123456789|_"},
        {"\xe2\x82", "", "\\xe2\\x82|_"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(10);
        type(rows[i].typed);
        say(rows[i].said);
        screen_stop(&screen);
        drawn();
        CHECK_TEXT(seen(), rows[i].seen);
        end();
    }
}

static void a_very_long_line_that_nobody_finished_is_left_as_it_is_seen(void) {
    static char text[5001];
    begin(10);
    memset(text, 'x', sizeof text - 1);
    type(text);
    screen_row_off(&screen, true);
    drawn();
    CHECK_TEXT(seen(), "xxxxx|_");
    type(".");
    screen_row_done(&screen, &line); /* finished, it is left in full */
    drawn();
    CHECK(vt->lines[1].size == sizeof text);
    end();
}

static void a_bell_is_no_text(void) {
    begin(10);
    type("me");
    screen_bell(&screen);
    drawn();
    CHECK(vt->bells == 1);
    CHECK_TEXT(seen(), "me_");
    end();
}

/* A row costs what is seen of it: what is far from the cursor is not even looked at. */
static void a_row_costs_the_same_for_a_long_line(void) {
    static char far[] = "0123456789abcdef";
    size_t page = (size_t)sysconf(_SC_PAGESIZE), reach = 64 * 1024;
    begin(80);
    for (size_t i = 0; i < 65536; i++) gap_put(&line, far, 16);
    gap_move(&line, gap_size(&line) / 2);
    uintptr_t first = ((uintptr_t)gap_before(&line) + page - 1) / page * page;
    uintptr_t last = ((uintptr_t)gap_before(&line) + line.before - reach) / page * page;
    CHECK(mprotect((void *)first, last - first, PROT_NONE) == 0);
    for (size_t i = 0; i < 100; i++) {
        gap_put(&line, "x", 1);
        screen_row(&screen, &line);
        CHECK(drawn() < 400);
    }
    say("text\n");
    CHECK(vt->lines[vt->cursor.line].size == 79);
    CHECK(mprotect((void *)first, last - first, PROT_READ | PROT_WRITE) == 0);
    gap_clear(&line);
    end();
}

int main(void) {
    static const struct unit_test tests[] = {
        {"what arrives appears above the row", what_arrives_appears_above_the_row},
        {"an unfinished line as wide as the terminal is seen whole",
         an_unfinished_line_as_wide_as_the_terminal_is_seen_whole},
        {"no line vanishes when the terminal becomes narrower",
         no_line_vanishes_when_the_terminal_becomes_narrower},
        {"rows that a terminal wrapped are wiped", rows_that_a_terminal_wrapped_are_wiped},
        {"a row begins behind what came before", a_row_begins_behind_what_came_before},
        {"a message without newline is ended before what comes next",
         a_message_without_newline_is_ended_before_what_comes_next},
        {"the newline that follows a message belongs to it",
         the_newline_that_follows_a_message_belongs_to_it},
        {"an answer is typed behind a question", an_answer_is_typed_behind_a_question},
        {"two peers never stand in one line", two_peers_never_stand_in_one_line},
        {"the terminal is left at the beginning of a line",
         the_terminal_is_left_at_the_beginning_of_a_line},
        {"a very long line that nobody finished is left as it is seen",
         a_very_long_line_that_nobody_finished_is_left_as_it_is_seen},
        {"a bell is no text", a_bell_is_no_text},
        {"a row costs the same for a long line", a_row_costs_the_same_for_a_long_line},
    };
    loop = loop_new();
    int status = UNIT_RUN(tests);
    loop_free(loop);
    return status;
}
