/* The log of a room: see chat-room.h. */
#include "chat-room.h"

void *array_grow(void *memory, size_t *room, size_t wanted, size_t size) {
    if (wanted <= *room) return memory;
    *room = wanted * 2;
    memory = realloc(memory, *room * size);
    if (!memory) die("realloc");
    return memory;
}

/* A line of the log is whole: whose is it, and is it the one that speaker has to say next? */
static void log_line(struct room *room, const char *from, size_t end) {
    struct spoken spoken = {.end = end};
    const char *mark = memrchr(from, '@', (size_t)(room->log + end - from));
    unsigned speaker;
    unsigned long long count;
    if (mark && sscanf(mark, "@%5u %14llu", &speaker, &count) == 2 && speaker >= 1 &&
        speaker <= room->speakers) {
        struct member *m = &room->members[speaker];
        if (count != room->next[speaker] || count >= m->said) {
            room->wrong++;
        } else {
            spoken.speaker = speaker;
            spoken.said_at = m->said_at[count];
        }
        room->next[speaker] = count + 1;
        if (!room->protocol->own_words) m->own_bytes += end - room->complete;
    }
    room->lines =
        array_grow(room->lines, &room->line_room, room->line_count + 1, sizeof *room->lines);
    room->lines[room->line_count++] = spoken;
    room->complete = end;
}

static void append(struct room *room, const char *bytes, size_t length) {
    room->log = array_grow(room->log, &room->log_room, room->length + length + 1, 1);
    memcpy(room->log + room->length, bytes, length);
    const char *from = room->log + room->length;
    room->length += length;
    room->log[room->length] = '\0';
    for (const char *end; (end = memchr(from, '\n', (size_t)(room->log + room->length - from)));
         from = end + 1)
        log_line(room, room->log + room->complete, (size_t)(end + 1 - room->log));
}

static bool may_extend(const struct room *room, const struct member *m) {
    return room->protocol->own_words || m->id == 0;
}

/* Past its own words, which it is not sent. */
static void skip_own(const struct room *room, struct member *m) {
    while (!room->protocol->own_words && m->line < room->line_count &&
           room->lines[m->line].speaker == m->id && m->id)
        m->position = room->lines[m->line++].end;
}

static void hear(struct room *room, struct member *m, uint64_t now) {
    for (; m->line < room->line_count && room->lines[m->line].end <= m->position; m->line++) {
        if (!room->lines[m->line].speaker) continue;
        hist_add(&room->latency, now - room->lines[m->line].said_at);
        m->heard++;
        room->deliveries++;
        room->last = now;
    }
}

void room_hear(struct room *room, struct member *m, const char *bytes, size_t length,
               uint64_t now) {
    m->consumed += length;
    while (length > 0) {
        skip_own(room, m);
        size_t end = room->protocol->own_words || m->line >= room->line_count
                         ? room->length
                         : room->lines[m->line].end;
        size_t known = end - m->position, n = known < length ? known : length;
        if (known == 0) {
            if (!may_extend(room, m)) {
                room->wrong++;
                return;
            }
            append(room, bytes, n = length);
        } else if (memcmp(room->log + m->position, bytes, n) != 0) {
            room->wrong++;
        }
        m->position += n;
        bytes += n;
        length -= n;
        hear(room, m, now);
    }
}

size_t room_judgeable(const struct room *room, const struct member *m) {
    if (!m->synced || may_extend(room, m)) return CHUNK;
    size_t due = room->complete - m->own_bytes - m->consumed;
    return due < CHUNK ? due : CHUNK;
}
