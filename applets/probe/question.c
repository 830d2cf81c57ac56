#include "applets/probe/question.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "applets/probe/http.h"

/* --- what is expected --- */

/* regexec(3) sees the end of its text in a NUL. A control character that the pattern does not have
 * can stand for it: no pattern tells the two apart but by naming one. */
static char stand_in(const char *ere) {
    char c = 1;
    while (c < 8 && strchr(ere, c)) c++;
    return c;
}

int expect_pattern(struct expect *e, const char *ere, char *why, size_t size) {
    int error = regcomp(&e->pattern, ere, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (error) regerror(error, &e->pattern, why, size);
    e->has_pattern = error == 0;
    e->nul = stand_in(ere);
    return error ? -1 : 0;
}

void expect_free(struct expect *e) {
    if (e->has_pattern) regfree(&e->pattern);
    ports_free(&e->statuses);
    *e = (struct expect){0};
}

/* A line of the network ends with CR LF; the pattern's $ matches before both. */
static void copy_subject(const struct expect *e, const char *bytes, size_t n, char *out) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != '\r' || i + 1 == n || bytes[i + 1] != '\n')
            *out++ = bytes[i] ? bytes[i] : e->nul;
    *out = '\0';
}

/* As long as more may come, where it stops is not the end of a line. */
static bool matches(const struct expect *e, const char *bytes, size_t n, bool ended) {
    static char subject[QUESTION_ANSWER + 1];
    assert(n <= QUESTION_ANSWER);
    copy_subject(e, bytes, n, subject);
    return regexec(&e->pattern, subject, 0, NULL, ended ? 0 : REG_NOTEOL) == 0;
}

static bool is_met(const struct expect *e, const char *bytes, size_t n, bool ended) {
    if (e->has_pattern) return matches(e, bytes, n, ended);
    return !e->text || memmem(bytes, n, e->text, e->text_size);
}

static bool status_wanted(const struct expect *e, int status) {
    if (e->statuses.count == 0) return status < 400;
    for (size_t i = 0; i < e->statuses.count; i++)
        if (status >= e->statuses.items[i].first && status <= e->statuses.items[i].last)
            return true;
    return false;
}

/* --- the question --- */

static bool expects(const struct question *q) { return q->expect->text || q->expect->has_pattern; }

bool question_needs_answer(const struct question *q) {
    return q->type == SOCK_DGRAM || q->http || expects(q);
}

bool question_reads(const struct question *q) { return q->banner || question_needs_answer(q); }

static bool is_whole_line(const struct question *q, const char *bytes, size_t n) {
    return q->type == SOCK_DGRAM || memchr(bytes, '\n', n);
}

enum answer question_judge(const struct question *q, const char *bytes, size_t n, bool ended) {
    size_t line;
    int status = q->http ? http_status(bytes, n, &line) : 200;
    if (status == HTTP_OTHER || (status > 0 && q->http && !status_wanted(q->expect, status)))
        return ANSWER_WRONG;
    if (status == HTTP_INCOMPLETE || !is_met(q->expect, bytes, n, ended))
        return ended ? ANSWER_WRONG : ANSWER_UNKNOWN;
    return ended || !q->banner || is_whole_line(q, bytes, n) ? ANSWER_GOOD : ANSWER_UNKNOWN;
}

const char *question_line(const struct question *q, const char *bytes, size_t n, size_t *size) {
    size_t at = 0;
    if (q->http) http_status(bytes, n, &at);
    if (at == n) at = 0;
    const char *line = bytes + at, *end = memchr(line, '\n', n - at);
    *size = end ? (size_t)(end - line) : n - at;
    if (*size > 0 && line[*size - 1] == '\r') --*size;
    return line;
}
