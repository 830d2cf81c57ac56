#include "common/tty/meter.h"

#include <unistd.h>

#include "unit.h"

#define SECOND INT64_C(1000000000)

static const char *text(const struct meter *m, struct meter_count now, int64_t elapsed) {
    static char shown[256];
    struct buf out = {.size = 0};
    meter_text(m, &now, elapsed, &out);
    snprintf(shown, sizeof shown, "%.*s", (int)out.size, buf_at(&out));
    buf_free(&out);
    return shown;
}

static void bytes_and_rates_of_both_directions(void) {
    struct meter m = {.sent_rate = 1536, .received_rate = 0};
    CHECK_TEXT(text(&m, (struct meter_count){.sent = 3 << 20, .received = 12}, SECOND),
               "sent 3.0 MiB, 1.5 KiB/s; received 12 B, 0 B/s");
}

static void the_time_left_of_a_file(void) {
    struct meter m = {.total = 1000};
    CHECK_TEXT(text(&m, (struct meter_count){.read = 250, .sent = 250}, 4 * SECOND),
               "sent 250 B, 0 B/s; received 0 B, 0 B/s; 12.0 s left");
    CHECK_TEXT(text(&m, (struct meter_count){.read = 0}, 4 * SECOND),
               "sent 0 B, 0 B/s; received 0 B, 0 B/s");
    CHECK_TEXT(text(&m, (struct meter_count){.read = 1000}, 4 * SECOND),
               "sent 0 B, 0 B/s; received 0 B, 0 B/s");
    /* it has grown */
    CHECK_TEXT(text(&m, (struct meter_count){.read = 1001}, 4 * SECOND),
               "sent 0 B, 0 B/s; received 0 B, 0 B/s");
}

static void a_very_long_time_left(void) {
    struct meter m = {.total = UINT64_MAX};
    CHECK(strstr(text(&m, (struct meter_count){.read = 1}, INT64_MAX), " left") != NULL);
}

static void what_is_left_of_a_file_on_stdin(void) {
    FILE *file = tmpfile();
    CHECK(file && fputs("12345678", file) >= 0 && fflush(file) == 0);
    int fd = fileno(file);
    lseek(fd, 3, SEEK_SET);
    CHECK(meter_input(fd) == 5);
    lseek(fd, 8, SEEK_SET);
    CHECK(meter_input(fd) == 0);
    lseek(fd, 9, SEEK_SET);
    CHECK(meter_input(fd) == 0);
    fclose(file);
}

int main(void) {
    static const struct unit_test tests[] = {
        {"bytes and rates of both directions", bytes_and_rates_of_both_directions},
        {"the time left of a file", the_time_left_of_a_file},
        {"a very long time left", a_very_long_time_left},
        {"what is left of a file on stdin, from where it stands", what_is_left_of_a_file_on_stdin},
    };
    return UNIT_RUN(tests);
}
