/* A text that passes template_check is filled as a plain reading of it says, whatever the message;
 * one that does not is refused in harmless words. Escapes of C give the bytes that they stand for,
 * or are refused. The first line is the text, the rest the message. */
#include <stdio.h>

#include "common/base/escape.h"
#include "common/base/mem.h"
#include "common/base/template.h"
#include "common/base/text.h"
#include "input.h"

#define NOW ((time_t)1700000000)

static void must_be_harmless(const char *words) {
    if (!*words) abort();
    for (; *words; words++)
        if ((unsigned char)*words < ' ' || *words == 0x7f) abort();
}

static void read_plainly(struct buf *out, const char *text, const char *message, size_t size) {
    char stamp[TEXT_STAMP];
    for (; *text; text++) {
        if (*text != '%')
            buf_put(out, text, 1);
        else if (*++text == 'm')
            buf_put(out, message, size);
        else if (*text == 'a')
            buf_format(out, "127.0.0.1");
        else if (*text == 'p')
            buf_format(out, "7");
        else
            buf_format(out, "%s", *text == 't' ? text_stamp(NOW, stamp) : "%");
    }
}

static void fill(const char *text, const char *message, size_t size) {
    struct buf filled = {.size = 0}, expected = {.size = 0};
    struct addr peer;
    struct template_message whole = {message, size, &peer, NOW};
    addr_loopback(AF_INET, 7, &peer);
    template_fill(&filled, text, strlen(text), &whole);
    read_plainly(&expected, text, message, size);
    if (filled.size != expected.size ||
        memcmp(buf_at(&filled), buf_at(&expected), filled.size) != 0)
        abort();
    buf_free(&filled);
    buf_free(&expected);
}

static void unescape(const char *text) {
    char *bytes;
    size_t size;
    const char *wrong = escape_decode(text, &bytes, &size);
    if (wrong) {
        must_be_harmless(wrong);
        return;
    }
    if (size > strlen(text) || bytes[size] != '\0') abort();
    if (!strchr(text, '\\') && strcmp(bytes, text) != 0) abort();
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    char *text = input_line(&in);
    const char *wrong = template_check(text, strlen(text));
    if (wrong)
        must_be_harmless(wrong);
    else if (in.left < 1000)
        fill(text, (const char *)in.at, in.left);
    unescape(text);
    free(text);
    return 0;
}
