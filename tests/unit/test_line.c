#include "common/base/line.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "unit.h"

/* What came out, as text: each message between '<' and '>', "!" for a line too long. */
static struct buf seen;

static void note(enum line_kind kind, const char *text, size_t size) {
    if (kind == LINE_TOO_LONG) buf_put(&seen, "!", 1);
    if (kind != LINE_MESSAGE) return;
    buf_put(&seen, "<", 1);
    buf_put(&seen, text, size);
    buf_put(&seen, ">", 1);
}

/* A read of n bytes, in storage of its own that is gone after it. */
static void feed_bytes(struct line *l, const char *bytes, size_t n) {
    char *copy = mem_resize(NULL, n + 1, 1);
    memcpy(copy, bytes, n);
    const char *s = copy, *text = NULL;
    size_t size = 0;
    enum line_kind kind;
    while ((kind = line_next(l, &s, &n, &text, &size)) != LINE_NONE) note(kind, text, size);
    CHECK(n == 0);
    free(copy);
}

static void feed(struct line *l, const char *text) { feed_bytes(l, text, strlen(text)); }

static void silence(struct line *l) {
    const char *text = NULL;
    size_t size = 0;
    enum line_kind kind = line_quiet(l, &text, &size);
    note(kind, text, size);
}

static void end(struct line *l) {
    const char *text = NULL;
    size_t size = 0;
    enum line_kind kind = line_end(l, &text, &size);
    note(kind, text, size);
    CHECK(line_end(l, &text, &size) == LINE_NONE);
}

static const char *take_seen(void) {
    static char text[4096];
    snprintf(text, sizeof text, "%.*s", (int)seen.size, seen.size ? buf_at(&seen) : "");
    buf_free(&seen);
    return text;
}

static void newlines_separate(void) {
    struct line l;
    line_start(&l, LINE_MOST);
    feed(&l, "one\ntwo\r\n\n\r\nth");
    feed(&l, "ree\nfo\rur\r\r\nfive");
    CHECK_TEXT(take_seen(), "<one><two><><><three><fo\rur\r>");
    feed(&l, "\r");
    feed(&l, "\n");
    CHECK_TEXT(take_seen(), "<five>");
    feed(&l, "\r");
    feed(&l, "x\n");
    CHECK_TEXT(take_seen(), "<\rx>");
    line_free(&l);
}

static void nul_is_a_byte(void) {
    struct line l;
    line_start(&l, LINE_MOST);
    feed_bytes(&l, "a\0b", 3);
    feed_bytes(&l, "\0\nc", 3);
    CHECK(seen.size == 6 && memcmp(buf_at(&seen), "<a\0b\0>", 6) == 0);
    buf_free(&seen);
    line_free(&l);
}

static void whole_lines_are_not_copied(void) {
    static const char bytes[] = "one\r\ntwo\n";
    struct line l;
    const char *s = bytes, *text;
    size_t n = 9, size;
    line_start(&l, LINE_MOST);
    CHECK(line_next(&l, &s, &n, &text, &size) == LINE_MESSAGE && text == bytes && size == 3);
    CHECK(s == bytes + 5 && n == 4);
    CHECK(line_next(&l, &s, &n, &text, &size) == LINE_MESSAGE && text == bytes + 5 && size == 3);
    CHECK(line_next(&l, &s, &n, &text, &size) == LINE_NONE && n == 0);
    CHECK(!l.part.bytes);
    line_free(&l);
}

static void no_storage_between_lines(void) {
    struct line l;
    line_start(&l, LINE_MOST);
    feed(&l, "on");
    CHECK(l.part.bytes);
    feed(&l, "e\n");
    CHECK(!l.part.bytes);
    feed(&l, "two\nth");
    feed(&l, "ree\n");
    CHECK(!l.part.bytes);
    CHECK_TEXT(take_seen(), "<one><two><three>");
    line_free(&l);
}

static void last_line_counts(void) {
    struct line l;
    line_start(&l, LINE_MOST);
    end(&l);
    feed(&l, "one\ntwo");
    end(&l);
    CHECK_TEXT(take_seen(), "<one><two>");
    line_free(&l);
    line_start(&l, LINE_MOST);
    feed(&l, "bare");
    end(&l);
    CHECK_TEXT(take_seen(), "<bare>");
    line_free(&l);
}

/* --- the limit --- */

/* Feeds `count` letters and then `ending`, in reads of at most `step` bytes. */
static void feed_long(struct line *l, size_t count, const char *ending, size_t step) {
    size_t n = count + strlen(ending);
    char *bytes = mem_resize(NULL, n + 1, 1);
    memset(bytes, 'x', count);
    memcpy(bytes + count, ending, strlen(ending));
    for (size_t done = 0, piece; done < n; done += piece) {
        piece = n - done < step ? n - done : step;
        feed_bytes(l, bytes + done, piece);
    }
    free(bytes);
}

static void longest_line_passes(void) {
    static const char *const endings[] = {"\n", "\r\n"};
    static const size_t steps[] = {1, 4096, LINE_MOST, LINE_MOST + 1, LINE_MOST + 2};
    struct line l;
    line_start(&l, LINE_MOST);
    for (size_t e = 0; e < 2; e++)
        for (size_t i = 0; i < 5; i++) {
            feed_long(&l, LINE_MOST, endings[e], steps[i]);
            CHECK(seen.size == LINE_MOST + 2 && buf_at(&seen)[LINE_MOST + 1] == '>');
            buf_free(&seen);
        }
    line_free(&l);
}

static void longer_line_is_told_once(void) {
    static const char *const endings[] = {"\nnext\n", "\r\nnext\n", "\r\r\nnext\n"};
    static const size_t steps[] = {1, 4096, LINE_MOST, LINE_MOST + 1, LINE_MOST + 2, LINE_MOST + 3};
    struct line l;
    line_start(&l, LINE_MOST);
    for (size_t e = 0; e < 3; e++)
        for (size_t i = 0; i < 6; i++) {
            feed_long(&l, e == 2 ? LINE_MOST : LINE_MOST + 1, endings[e], steps[i]);
            CHECK_TEXT(take_seen(), "!<next>");
            feed_long(&l, 3 * LINE_MOST, endings[e], steps[i]);
            CHECK_TEXT(take_seen(), "!<next>");
        }
    CHECK(!l.part.bytes);
    line_free(&l);
}

static void too_long_is_told_at_once(void) {
    struct line l;
    line_start(&l, 4);
    feed(&l, "abcd");
    CHECK_TEXT(take_seen(), "");
    CHECK(line_waiting(&l));
    feed(&l, "e");
    CHECK_TEXT(take_seen(), "!");
    CHECK(!l.part.bytes);
    feed(&l, "more and more");
    end(&l);
    CHECK_TEXT(take_seen(), "");
    feed(&l, "rest\nabcd\n");
    CHECK_TEXT(take_seen(), "<abcd>");
    line_free(&l);
}

static void carriage_return_beyond_the_limit(void) {
    struct line l;
    line_start(&l, 4);
    feed(&l, "abcd\r");
    CHECK_TEXT(take_seen(), "");
    feed(&l, "\nabcd\r");
    CHECK_TEXT(take_seen(), "<abcd>");
    feed(&l, "\r");
    CHECK_TEXT(take_seen(), "!");
    feed(&l, "\nabcd\r");
    end(&l);
    CHECK_TEXT(take_seen(), "!");
    line_free(&l);
    line_start(&l, 4);
    feed(&l, "abcd\r");
    silence(&l);
    CHECK_TEXT(take_seen(), "!");
    CHECK(!line_waiting(&l));
    line_free(&l);
}

/* --- bare messages --- */

static void silence_ends_a_bare_message(void) {
    struct line l;
    line_start(&l, LINE_MOST);
    CHECK(!line_waiting(&l));
    silence(&l);
    feed(&l, "Bon");
    CHECK(line_waiting(&l));
    feed(&l, "jour");
    silence(&l);
    CHECK_TEXT(take_seen(), "<Bonjour>");
    CHECK(!line_waiting(&l));
    silence(&l);
    CHECK_TEXT(take_seen(), "");
    feed(&l, "again");
    silence(&l);
    CHECK_TEXT(take_seen(), "<again>");
    line_free(&l);
}

static void silence_ends_what_is_too_long(void) {
    struct line l;
    line_start(&l, 4);
    feed(&l, "abcdef");
    feed(&l, "gh");
    CHECK(line_waiting(&l));
    silence(&l);
    CHECK_TEXT(take_seen(), "!");
    CHECK(!line_waiting(&l));
    feed(&l, "next");
    silence(&l);
    CHECK_TEXT(take_seen(), "<next>");
    feed(&l, "abcdef");
    silence(&l);
    feed(&l, "\r\nabcdef");
    CHECK(!line_waiting(&l));
    silence(&l);
    feed(&l, "gh\nabc\n");
    CHECK_TEXT(take_seen(), "!!<abc>");
    line_free(&l);
}

static void silence_ends_no_line(void) {
    struct line l;
    line_start(&l, LINE_MOST);
    feed(&l, "one\ntw");
    CHECK(!line_waiting(&l));
    silence(&l);
    feed(&l, "o\n");
    CHECK_TEXT(take_seen(), "<one><two>");
    line_free(&l);
}

/* Each piece is a read; then comes "|x" + newline to show the framing. */
static const char *after_bare(const char *first, const char *second) {
    struct line l;
    line_start(&l, LINE_MOST);
    feed(&l, "abc");
    silence(&l);
    feed(&l, first);
    feed(&l, second);
    CHECK(!line_waiting(&l));
    feed(&l, "x\n");
    line_free(&l);
    return take_seen();
}

static void ending_after_a_bare_message(void) {
    CHECK_TEXT(after_bare("\n", ""), "<abc><x>");
    CHECK_TEXT(after_bare("\r\n", ""), "<abc><x>");
    CHECK_TEXT(after_bare("\r", "\n"), "<abc><x>");
    CHECK_TEXT(after_bare("\n", "\n"), "<abc><><x>");
    CHECK_TEXT(after_bare("\n\r\n", ""), "<abc><><x>");
    CHECK_TEXT(after_bare("\ndef\n", ""), "<abc><def><x>");
    CHECK_TEXT(after_bare("def\n", ""), "<abc><def><x>");
    CHECK_TEXT(after_bare("de", "f\n\n"), "<abc><def><><x>");
    CHECK_TEXT(after_bare("\r", "d\n"), "<abc><\rd><x>");
}

static void framed_for_good(void) {
    struct line l;
    line_start(&l, LINE_MOST);
    feed(&l, "a");
    silence(&l);
    feed(&l, "\n");
    feed(&l, "b");
    CHECK(!line_waiting(&l));
    silence(&l);
    feed(&l, "c\n");
    CHECK_TEXT(take_seen(), "<a><bc>");
    line_free(&l);
}

/* --- any cut --- */

/* A stream rich in line endings, with lines near and beyond the limit. */
static size_t random_stream(char *bytes, size_t room) {
    static const char alphabet[] = "ab\0\r\r\n\n";
    size_t n = 1 + (size_t)rand() % room;
    for (size_t i = 0; i < n; i++) bytes[i] = rand() % 3 ? 'x' : alphabet[rand() % 7];
    return n;
}

static void any_cut_gives_the_same(void) {
    char bytes[300];
    srand(3);
    for (int turn = 0; turn < 20000; turn++) {
        struct line l;
        size_t n = random_stream(bytes, sizeof bytes), most = (size_t)rand() % 12;
        line_start(&l, most);
        feed_bytes(&l, bytes, n);
        end(&l);
        line_free(&l);
        struct buf whole = seen;
        seen = (struct buf){0};

        line_start(&l, most);
        for (size_t done = 0, piece; done < n; done += piece) {
            piece = (size_t)rand() % (n - done < 9 ? n - done + 1 : 9);
            feed_bytes(&l, bytes + done, piece);
        }
        end(&l);
        line_free(&l);
        CHECK(seen.size == whole.size &&
              (!seen.size || memcmp(buf_at(&seen), buf_at(&whole), seen.size) == 0));
        buf_free(&seen);
        buf_free(&whole);
    }
}

int main(void) {
    static const struct unit_test tests[] = {
        {"newlines separate messages, CR before them is dropped", newlines_separate},
        {"NUL is a byte like any other", nul_is_a_byte},
        {"a whole line in one read is not copied", whole_lines_are_not_copied},
        {"no storage is held between lines", no_storage_between_lines},
        {"a last line without newline counts at the end", last_line_counts},
        {"a line of the greatest length passes, however it is cut", longest_line_passes},
        {"a longer line is told once and skipped", longer_line_is_told_once},
        {"a line too long is told as soon as it is known", too_long_is_told_at_once},
        {"a CR beyond the limit counts only when no newline follows",
         carriage_return_beyond_the_limit},
        {"a silence ends a bare message", silence_ends_a_bare_message},
        {"a silence ends a bare message that is too long", silence_ends_what_is_too_long},
        {"a silence ends nothing once a newline was seen", silence_ends_no_line},
        {"the line ending after a bare message belongs to it", ending_after_a_bare_message},
        {"one newline frames for good", framed_for_good},
        {"any cut of a stream gives the same messages", any_cut_gives_the_same},
    };
    return UNIT_RUN(tests);
}
