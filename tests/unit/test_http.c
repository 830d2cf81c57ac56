#include "applets/probe/http.h"

#include "unit.h"

static int status(const char *text) {
    size_t line;
    return http_status(text, strlen(text), &line);
}

static void requests(void) {
    struct buf out = {0};
    http_request(&out, "[::1]:8080", "/up?x=1");
    buf_put(&out, "", 1);
    CHECK(strstr(buf_at(&out), "GET /up?x=1 HTTP/1.1\r\nHost: [::1]:8080\r\n") == buf_at(&out));
    CHECK(strstr(buf_at(&out), "\r\nConnection: close\r\n"));
    CHECK_TEXT(buf_at(&out) + out.size - 5, "\r\n\r\n");
    buf_free(&out);
    CHECK(http_path_valid("/a?b=%20") && !http_path_valid("/a b") && !http_path_valid("/\r\nX: y"));
    CHECK(!http_path_valid("/\xc3\xa9"));
}

static void statuses(void) {
    CHECK(status("HTTP/1.1 200 OK\r\n") == 200);
    CHECK(status("HTTP/1.0 503 \r\nServer: x\r\n\r\nbody") == 503);
    CHECK(status("HTTP/1.1 404\r\n") == 404);
    CHECK(status("HTTP/1.1 301 Moved\n") == 301);
}

static void pieces(void) {
    static const char text[] = "HTTP/1.1 200 OK\r\n";
    size_t line;
    for (size_t n = 0; n < sizeof text - 1; n++)
        CHECK(http_status(text, n, &line) == HTTP_INCOMPLETE);
    CHECK(http_status(text, sizeof text - 1, &line) == 200 && line == 0);
}

static void interim(void) {
    static const char text[] =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n";
    size_t line;
    CHECK(http_status(text, sizeof text - 1, &line) == 204);
    CHECK(strncmp(text + line, "HTTP/1.1 204", 12) == 0);
    CHECK(status("HTTP/1.1 100 Continue\r\n\r\n") == HTTP_INCOMPLETE);
}

static void others(void) {
    CHECK(status("220 mail ESMTP\r\n") == HTTP_OTHER);
    CHECK(status("S") == HTTP_OTHER);
    CHECK(status("HTTP/2 200\r\n") == HTTP_OTHER);
    CHECK(status("HTTP/1.1 20\r\n") == HTTP_OTHER);
    CHECK(status("HTTP/1.1 2000\r\n") == HTTP_OTHER);
    CHECK(status("HTTP/1.1 099 x\r\n") == HTTP_OTHER);
    CHECK(status("HTTP/1.1  200 OK\r\n") == HTTP_OTHER);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"the request names path and host, and asks for the end", requests},
        {"the status stands in the first line", statuses},
        {"a line in pieces is waited for", pieces},
        {"interim answers are passed over", interim},
        {"what is no answer of HTTP is told at once", others},
    };
    return UNIT_RUN(tests);
}
