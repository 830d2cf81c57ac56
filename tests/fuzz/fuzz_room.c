/* Whatever the members of a room type, however slowly they hear: each line that they are given is
 * harmless, and is one that a room says, no two are called the same, and nobody hears more than
 * what was meant for it. */
#include <stdio.h>

#include "applets/chat/name.h"
#include "applets/chat/service.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "input.h"

#define SEATS 6

/* A member, and what it has heard of a line that is not finished. */
struct seat {
    struct member member;
    bool taken, stopped; /* stopped: hears nothing for now */
    struct buf heard;
};

static struct seat seats[SEATS];

/* --- what a room says --- */

static size_t name_at(const char *s, size_t n, const char *behind) {
    size_t at = 0, length = strlen(behind);
    while (at + length <= n && memcmp(s + at, behind, length) != 0) at++;
    return at + length <= n && !name_fault(s, at) ? at + length : 0;
}

/* "(NAME) ", "(NAME *) " or "(NAME -> NAME) " begin it. */
static bool is_speech(const char *line, size_t n) {
    if (n == 0 || *line != '(') return false;
    if (name_at(line + 1, n - 1, ") ") || name_at(line + 1, n - 1, " *) ")) return true;
    size_t from = name_at(line + 1, n - 1, " -> ");
    return from && name_at(line + 1 + from, n - 1 - from, ") ");
}

static void check_line(const char *line, size_t n) {
    uint32_t point;
    if (n < 3 || !(is_speech(line, n) || !memcmp(line, "* ", 2) || !memcmp(line, "! ", 2))) abort();
    for (size_t i = 0; i < n;) {
        i += utf8_next(line + i, n - i, &point);
        bool control = point < 0x20 || (point >= 0x7f && point < 0xa0) || utf8_is_bidi(point);
        if (control || point == UTF8_INVALID) abort();
    }
}

static void check_lines(struct seat *seat) {
    const char *newline;
    while (seat->heard.size > 0 &&
           (newline = memchr(buf_at(&seat->heard), '\n', seat->heard.size))) {
        size_t n = (size_t)(newline - buf_at(&seat->heard));
        check_line(buf_at(&seat->heard), n);
        buf_drop(&seat->heard, n + 1);
    }
}

/* --- the members --- */

static void deliver(struct member *m) {
    struct seat *seat = container_of(m, struct seat, member);
    struct iovec pieces[4];
    size_t all;
    if (seat->stopped) return;
    int count = subscriber_gather(&m->reader, pieces, 4, &all);
    for (int i = 0; i < count; i++) buf_put(&seat->heard, pieces[i].iov_base, pieces[i].iov_len);
    service_took(m, all);
    check_lines(seat);
}

static void drop(struct member *m) { container_of(m, struct seat, member)->taken = false; }

static const struct member_ops ops = {.deliver = deliver, .drop = drop};

static void check_names(void) {
    char keys[SEATS][NAME_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < SEATS; i++) {
        const char *name = seats[i].member.called.name;
        if (!seats[i].taken || !name) continue;
        if (name_fault(name, strlen(name))) abort();
        name_key(name, strlen(name), keys[count]);
        for (size_t k = 0; k < count; k++)
            if (!strcmp(keys[k], keys[count])) abort();
        count++;
    }
}

static void leave(struct seat *seat) {
    service_gone(&seat->member);
    buf_free(&seat->heard);
    *seat = (struct seat){.taken = false};
}

/* Text that is worth saying: commands, and names that are there. */
static void speak(struct seat *seat, struct input *in) {
    static const char *const beginnings[] = {"",         "/nick ",      "/msg user1 ", "/me ",
                                             "/who",     "/help",       "/quit",       "//",
                                             "/nick US", "/msg USER2 ", "* ",          "(user1) "};
    struct buf line = {0};
    const char *beginning = beginnings[input_choice(in, sizeof beginnings / sizeof *beginnings)];
    size_t n, times = input_choice(in, 32);
    const char *piece = input_piece(in, 200, &n);
    buf_put(&line, beginning, strlen(beginning));
    for (size_t i = 0; i < times; i++) buf_put(&line, piece, n); /* up to and over 4096 bytes */
    service_hear(&seat->member, buf_at(&line), line.size);
    buf_free(&line);
}

static void step(struct service *room, struct input *in) {
    struct seat *seat = &seats[input_choice(in, SEATS)];
    unsigned what = input_choice(in, 8);
    if (!seat->taken) {
        leave(seat); /* of one who was dropped */
        seat->taken = true;
        service_enter(room, &seat->member, &ops);
    } else if (what == 0) {
        leave(seat);
    } else if (what == 1) {
        service_leave(&seat->member);
    } else if (what == 2) {
        seat->stopped = !seat->stopped;
    } else if (what == 3) {
        loop_settle(room->loop);
    } else {
        speak(seat, in);
    }
    check_names();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct service room;
    struct loop *loop = loop_new();
    struct service_conf conf = {.buffer = SERVICE_BUFFER_LEAST, .history = input_choice(&in, 20)};
    if (service_start(&room, loop, &conf)) abort();
    while (in.left > 0) step(&room, &in);
    service_close(&room);
    for (size_t i = 0; i < SEATS; i++) leave(&seats[i]);
    loop_settle(loop);
    service_stop(&room);
    loop_free(loop);
    return 0;
}
