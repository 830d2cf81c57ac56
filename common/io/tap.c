#include "common/io/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/lang.h"

#define ROW_BYTES 16
#define ROW_TEXT 96 /* direction, an offset of 16 digits at most, hex bytes and text */

static int open_file(const char *name, int flags, int *fd, struct cause *cause) {
    *fd = aside_move(open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666));
    if (*fd < 0)
        return cause_set(cause, STATUS_FAILED, "cannot open %s: %s", name, lang_error(errno));
    return 0;
}

static int write_failed(const char *name, struct cause *cause) {
    return cause_set(cause, STATUS_FAILED, "cannot write %s: %s", name, lang_error(errno));
}

static int write_all(int fd, const char *name, const char *bytes, size_t n, struct cause *cause) {
    while (n) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR) continue;
        if (done == 0) errno = EIO; /* it would be asked for ever */
        if (done <= 0) return write_failed(name, cause);
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

static int close_file(int *fd, const char *name, struct cause *cause) {
    int closing = *fd;
    *fd = -1;
    if (closing >= 0 && closing != STDERR_FILENO && close(closing) < 0)
        return write_failed(name, cause);
    return 0;
}

int tap_open(struct tap *tap, const char *output, const char *dump, struct cause *cause) {
    *tap = (struct tap)TAP_NONE;
    tap->output_name = output;
    tap->dump_name = dump;
    if (output && open_file(output, O_APPEND, &tap->output, cause) < 0) return -1;
    if (dump && strcmp(dump, "-") == 0) {
        tap->dump = STDERR_FILENO;
    } else if (dump && open_file(dump, O_TRUNC, &tap->dump, cause) < 0) {
        close(tap->output);
        tap->output = -1;
        return -1;
    }
    return 0;
}

/* --- the dump --- */

static void put_row(struct tap *tap, const char *row) {
    if (tap->dump == STDERR_FILENO) {
        msg_note(-1, "%s", row);
        return;
    }
    char now[MSG_TIME];
    buf_format(&tap->line, "%s%s\n", msg_time(now), row);
}

static void put_peer(struct tap *tap, const char *peer) {
    char row[sizeof tap->peer + 2];
    if (tap->dump < 0 || !peer || strncmp(tap->peer, peer, sizeof tap->peer - 1) == 0) return;
    snprintf(tap->peer, sizeof tap->peer, "%s", peer);
    snprintf(row, sizeof row, "# %s", tap->peer);
    put_row(tap, row);
}

static void put_line(struct tap *tap, char direction, uint64_t offset, const char *bytes,
                     size_t n) {
    static const char digits[] = "0123456789abcdef";
    char hex[3 * ROW_BYTES + 1], text[ROW_BYTES + 1], row[ROW_TEXT];
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        hex[3 * i] = digits[byte >> 4];
        hex[3 * i + 1] = digits[byte & 15];
        hex[3 * i + 2] = ' ';
        text[i] = byte >= ' ' && byte <= '~' ? bytes[i] : '.';
    }
    hex[3 * n] = '\0';
    text[n] = '\0';
    snprintf(row, sizeof row, "%c %08" PRIx64 "  %-*s  %s", direction, offset, 3 * ROW_BYTES, hex,
             text);
    put_row(tap, row);
}

static void put_bytes(struct tap *tap, char direction, uint64_t offset, const char *bytes,
                      size_t n) {
    for (size_t done = 0, size; tap->dump >= 0 && done < n; done += size) {
        size = n - done < ROW_BYTES ? n - done : ROW_BYTES;
        put_line(tap, direction, offset + done, bytes + done, size);
    }
}

static int write_lines(struct tap *tap, struct cause *cause) {
    int status = tap->line.size ? write_all(tap->dump, tap->dump_name, buf_at(&tap->line),
                                            tap->line.size, cause)
                                : 0;
    buf_clear(&tap->line);
    return status;
}

int tap_received(struct tap *tap, struct tap_place *place, const char *bytes, size_t n,
                 struct cause *cause) {
    if (n > 0) put_peer(tap, place->peer);
    put_bytes(tap, '<', place->received, bytes, n);
    place->received += n;
    return write_lines(tap, cause);
}

int tap_sent(struct tap *tap, struct tap_place *place, const char *bytes, size_t n,
             struct cause *cause) {
    if (n > 0) put_peer(tap, place->peer);
    put_bytes(tap, '>', place->sent, bytes, n);
    place->sent += n;
    return write_lines(tap, cause);
}

/* --- the copy --- */

int tap_copy(struct tap *tap, const char *bytes, size_t n, struct cause *cause) {
    return tap->output >= 0 ? write_all(tap->output, tap->output_name, bytes, n, cause) : 0;
}

int tap_close(struct tap *tap, struct cause *cause) {
    struct cause second = {0};
    buf_free(&tap->line);
    int output = close_file(&tap->output, tap->output_name, cause);
    int dumped = close_file(&tap->dump, tap->dump_name, output < 0 ? &second : cause);
    return output < 0 || dumped < 0 ? -1 : 0;
}
