#include "applets/probe/question.h"

#include <sys/socket.h>

#include "unit.h"

#define JUDGE(q, text, ended) question_judge(&(q), text, sizeof(text) - 1, ended)

static void texts(void) {
    struct expect e = {.text = "P\0NG", .text_size = 4};
    struct question q = {.type = SOCK_STREAM, .expect = &e};
    CHECK(question_needs_answer(&q) && question_reads(&q));
    CHECK(JUDGE(q, "+P\0N", false) == ANSWER_UNKNOWN);
    CHECK(JUDGE(q, "+P\0NG", false) == ANSWER_GOOD);
    CHECK(JUDGE(q, "+PONG", true) == ANSWER_WRONG);
}

/* ERE: the pattern. Whether it matches the bytes, of which more may come, or which have ended. */
#define MATCHES(ere, bytes, ended) matches(ere, bytes, sizeof(bytes) - 1, ended)

static bool matches(const char *ere, const char *bytes, size_t n, bool ended) {
    struct expect e = {0};
    char why[100];
    struct question q = {.type = SOCK_STREAM, .expect = &e};
    CHECK(expect_pattern(&e, ere, why, sizeof why) == 0);
    bool good = question_judge(&q, bytes, n, ended) == ANSWER_GOOD;
    expect_free(&e);
    return good;
}

static void patterns(void) {
    CHECK(MATCHES("^\\+PONG$", "x\r\n+PONG\r\ny", false));
    CHECK(!MATCHES("^PONG", "+PONG\n", true));
    CHECK(!MATCHES("login: $", "login: ", false));
    CHECK(MATCHES("login: $", "login: ", true));
    CHECK(MATCHES("(a|b){2}", "xabx", false));
    CHECK(MATCHES("^[0-9]+ ready", "\xff\xfe\n220 ready\n", false));
}

static void nul_is_a_byte(void) {
    CHECK(MATCHES("b", "a\0b", false));
    CHECK(MATCHES("a.b", "a\0b", false));
    CHECK(MATCHES("a[^x]b", "a\0b", false));
    CHECK(!MATCHES("ab", "a\0b", true));
    CHECK(!MATCHES("a\1b", "a\0b", true));
    CHECK(!MATCHES("^b", "a\0b", true));
}

static void wrong_patterns(void) {
    struct expect e = {0};
    char why[100] = "";
    CHECK(expect_pattern(&e, "a(", why, sizeof why) < 0 && *why);
    CHECK(!e.has_pattern);
}

static void banners(void) {
    struct expect e = {0};
    struct question q = {.type = SOCK_STREAM, .expect = &e, .banner = true};
    size_t size;
    CHECK(!question_needs_answer(&q) && question_reads(&q));
    CHECK(JUDGE(q, "SSH-2.0", false) == ANSWER_UNKNOWN);
    CHECK(JUDGE(q, "SSH-2.0\r\n", false) == ANSWER_GOOD);
    CHECK(JUDGE(q, "login: ", true) == ANSWER_GOOD);
    CHECK(strncmp(question_line(&q, "SSH-2.0\r\nx\n", 11, &size), "SSH-2.0", 7) == 0 && size == 7);
    question_line(&q, "\r\n", 2, &size);
    CHECK(size == 0);
    q.type = SOCK_DGRAM;
    CHECK(JUDGE(q, "no line", false) == ANSWER_GOOD);
}

static void http(void) {
    struct expect e = {0};
    struct question q = {.type = SOCK_STREAM, .expect = &e, .http = true};
    size_t size;
    CHECK(question_needs_answer(&q));
    CHECK(JUDGE(q, "HTTP/1.1 200", false) == ANSWER_UNKNOWN);
    CHECK(JUDGE(q, "HTTP/1.1 200", true) == ANSWER_WRONG);
    CHECK(JUDGE(q, "HTTP/1.1 399 x\r\n", false) == ANSWER_GOOD);
    CHECK(JUDGE(q, "HTTP/1.1 400 x\r\n", false) == ANSWER_WRONG);
    CHECK(JUDGE(q, "220 mail\r\n", false) == ANSWER_WRONG);
    static const char hinted[] = "HTTP/1.1 103 x\r\n\r\nHTTP/1.1 204 No\r\n";
    CHECK(strncmp(question_line(&q, hinted, sizeof hinted - 1, &size), "HTTP/1.1 204 No", 15) ==
              0 &&
          size == 15);
    e.text = "ready";
    e.text_size = 5;
    CHECK(JUDGE(q, "HTTP/1.1 200 OK\r\n\r\nrea", false) == ANSWER_UNKNOWN);
    CHECK(JUDGE(q, "HTTP/1.1 200 OK\r\n\r\nready", false) == ANSWER_GOOD);
    CHECK(JUDGE(q, "HTTP/1.1 500 Oh\r\n\r\nready", false) == ANSWER_WRONG);
    struct port_range wanted[] = {{401, 401, true}, {500, 599, false}};
    e = (struct expect){.statuses = {wanted, 2}};
    CHECK(JUDGE(q, "HTTP/1.1 401 x\r\n", false) == ANSWER_GOOD);
    CHECK(JUDGE(q, "HTTP/1.1 599 x\r\n", false) == ANSWER_GOOD);
    CHECK(JUDGE(q, "HTTP/1.1 200 x\r\n", false) == ANSWER_WRONG);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a text must be in the answer, whatever its bytes", texts},
        {"a pattern matches lines, and an end only where there is one", patterns},
        {"NUL is a byte like any other to a pattern", nul_is_a_byte},
        {"a wrong pattern is told", wrong_patterns},
        {"a banner is the first line, or what there is of it", banners},
        {"the status of HTTP decides, and what is expected besides", http},
    };
    return UNIT_RUN(tests);
}
