/* The PROXY protocol header: what is read, what is refused, and that it may come in any pieces. */
#include "common/net/proxyproto.h"

#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static struct proxyproto header;
static const char *why;

/* "SOURCE > DESTINATION (BYTES)", "itself (BYTES)", "more", or what is wrong. */
static const char *read_all(const char *bytes, size_t n) {
    static char text[2 * ADDR_TEXT + 32];
    char from[ADDR_TEXT], to[ADDR_TEXT];
    int taken = proxyproto_read(bytes, n, &header, &why);
    if (taken < 0) return why;
    if (taken == 0) return "more";
    if (header.named)
        snprintf(text, sizeof text, "%s > %s (%d)", addr_text(&header.source, from),
                 addr_text(&header.destination, to), taken);
    else
        snprintf(text, sizeof text, "itself (%d)", taken);
    return text;
}

static const char *line(const char *text) { return read_all(text, strlen(text)); }

static void lines(void) {
    CHECK_TEXT(line("PROXY TCP4 192.0.2.1 198.51.100.7 4242 80\r\nGET"),
               "192.0.2.1:4242 > 198.51.100.7:80 (43)");
    CHECK_TEXT(line("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"),
               "[2001:db8::1]:1 > [2001:db8::2]:65535 (44)");
    CHECK_TEXT(line("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n"),
               "192.0.2.1:1 > 192.0.2.2:2 (50)");
    CHECK(addr_family(&header.source) == AF_INET);
    CHECK_TEXT(line("PROXY UNKNOWN\r\n"), "itself (15)");
    CHECK_TEXT(line("PROXY UNKNOWN ffff:f...f:ffff some thing 65535\r\nx"), "itself (48)");
}

static void lines_refused(void) {
    static const char *const wrong[] = {
        "GET / HTTP/1.0\r\n",
        "PROXY\r\n",
        "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP6 fe80::1%lo fe80::2 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
        "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        int taken = proxyproto_read(wrong[i], strlen(wrong[i]), &header, &why);
        if (taken >= 0) printf("# taken: %s", wrong[i]);
        CHECK(taken == -1 && why != NULL);
    }
    CHECK(proxyproto_read("PROXY UNKNOWN\0\r\n", 16, &header, &why) == -1);
}

static void a_line_has_107_bytes_at_most(void) {
    char text[PROXYPROTO_V1_MOST + 2];
    memset(text, 'x', sizeof text);
    memcpy(text, "PROXY UNKNOWN ", 14);
    CHECK(proxyproto_read(text, PROXYPROTO_V1_MOST - 1, &header, &why) == 0);
    CHECK(proxyproto_read(text, PROXYPROTO_V1_MOST, &header, &why) == -1);
    memcpy(text + PROXYPROTO_V1_MOST - 2, "\r\n", 2);
    CHECK(proxyproto_read(text, sizeof text, &header, &why) == PROXYPROTO_V1_MOST);
    memcpy(text + PROXYPROTO_V1_MOST - 2, "x\r\n", 3);
    CHECK(proxyproto_read(text, sizeof text, &header, &why) == -1);
}

#define V4 SIGNATURE "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\7\x10\x92\0\x50"

static void binary(void) {
    static const char v6[] = SIGNATURE
        "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
        "\0\1\xff\xff";
    static const char local[] = SIGNATURE "\x20\x11\0\0";
    static const char unspecified[] = SIGNATURE "\x21\0\0\2xy";
    static const char extra[] = SIGNATURE "\x21\x11\0\x10\1\2\3\4\5\6\7\x8\0\1\0\2\x20\0\1z";
    char unix_header[16 + 216] = SIGNATURE "\x21\x31\0\xd8";
    CHECK_TEXT(read_all(V4 "GET", sizeof V4 + 2), "192.0.2.1:4242 > 198.51.100.7:80 (28)");
    CHECK_TEXT(read_all(v6, sizeof v6 - 1), "[2001:db8::1]:1 > [2001:db8::2]:65535 (52)");
    CHECK_TEXT(read_all(local, sizeof local - 1), "itself (16)");
    CHECK_TEXT(read_all(unspecified, sizeof unspecified - 1), "itself (18)");
    CHECK_TEXT(read_all(extra, sizeof extra - 1), "1.2.3.4:1 > 5.6.7.8:2 (32)");
    CHECK_TEXT(read_all(unix_header, sizeof unix_header), "unix > unix (232)");
}

static void binary_refused(void) {
    static const char version[] = SIGNATURE "\x31\x11\0\0", command[] = SIGNATURE "\x22\x11\0\0";
    static const char length[] = SIGNATURE "\x21\x11\0\x0b", huge[] = SIGNATURE "\x21\x11\x0f\xf1";
    static const char largest[] = SIGNATURE "\x21\x11\x0f\xf0";
    CHECK_TEXT(read_all(version, sizeof version - 1), "the version is not 2");
    CHECK_TEXT(read_all(command, sizeof command - 1), "the command is neither LOCAL nor PROXY");
    CHECK_TEXT(read_all(length, sizeof length - 1),
               "the version 2 header is too short for its addresses");
    CHECK_TEXT(read_all(huge, sizeof huge - 1), "the version 2 header is longer than 4096 bytes");
    CHECK_TEXT(read_all(largest, sizeof largest - 1), "more");
}

/* Cut anywhere, the beginning of a header asks for more, and takes no byte behind its end. */
static void pieces(void) {
    static const char text[] = "PROXY TCP4 192.0.2.1 198.51.100.7 4242 80\r\nPROXY";
    for (size_t n = 0; n < 43; n++) CHECK(proxyproto_read(text, n, &header, &why) == 0);
    for (size_t n = 43; n < sizeof text; n++) CHECK(proxyproto_read(text, n, &header, &why) == 43);
    for (size_t n = 0; n < sizeof V4 - 1; n++) CHECK(proxyproto_read(V4, n, &header, &why) == 0);
    CHECK(proxyproto_read(V4, sizeof V4 - 1, &header, &why) == sizeof V4 - 1);
}

/* What is written is read back. */
static const char *round_trip(int version, const char *from, const char *to) {
    struct addr source, destination;
    struct buf out = {0};
    CHECK(addr_numeric(from, 4242, &source) && addr_numeric(to, 80, &destination));
    proxyproto_put(&out, version, &source, &destination);
    const char *text = read_all(buf_at(&out), out.size);
    buf_free(&out);
    return text;
}

static void written(void) {
    for (int version = 1; version <= 2; version++) {
        const char *v4 = version == 1 ? "(43)" : "(28)";
        const char *text = round_trip(version, "192.0.2.1", "198.51.100.7");
        CHECK(!strncmp(text, "192.0.2.1:4242 > 198.51.100.7:80 ", 33) && strstr(text, v4));
        text = round_trip(version, "::ffff:192.0.2.1", "198.51.100.7");
        CHECK(!strncmp(text, "192.0.2.1:4242 > 198.51.100.7:80 ", 33) && strstr(text, v4));
        text = round_trip(version, "2001:db8::1", "2001:db8::2");
        CHECK(!strncmp(text, "[2001:db8::1]:4242 > [2001:db8::2]:80 ", 38));
        text = round_trip(version, "192.0.2.1", "2001:db8::2");
        CHECK(!strncmp(text, "192.0.2.1:4242 > [2001:db8::2]:80 ", 34));
    }
}

static void unix_sockets(void) {
    struct addr path, host;
    struct buf out = {0};
    CHECK(addr_unix("/run/x", &path) == 0 && addr_numeric("::1", 1, &host));
    proxyproto_put(&out, 1, &path, &host);
    CHECK_TEXT(read_all(buf_at(&out), out.size), "itself (15)");
    buf_clear(&out);
    proxyproto_put(&out, 2, &host, &path);
    CHECK_TEXT(read_all(buf_at(&out), out.size), "itself (16)");
    buf_free(&out);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"a version 1 line names source and destination", lines},
        {"a version 1 line that is wrong is refused", lines_refused},
        {"a version 1 line has at most 107 bytes", a_line_has_107_bytes_at_most},
        {"a version 2 header names source and destination", binary},
        {"a version 2 header that is wrong is refused", binary_refused},
        {"a header may come in any pieces", pieces},
        {"what is written is read back, families mixed too", written},
        {"a Unix socket has no address to tell", unix_sockets},
    };
    return UNIT_RUN(tests);
}
