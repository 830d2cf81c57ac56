#include "applets/chat/subscriber.h"

#include <assert.h>
#include <string.h>

/* Describes what is heard when the log has been heard up to `place`: the bytes behind this struct,
 * or the history. */
struct note {
    uint64_t place;
    size_t size; /* bytes behind this struct */
    bool past;
};

/* Where a subscriber has got to; subscriber_gather moves one of these ahead. */
struct cursor {
    uint64_t position, past;
    size_t at; /* of the next note, in `notes` */
    size_t done;
};

void subscriber_start(struct subscriber *s, const struct fanout *log,
                      const struct history *history) {
    *s = (struct subscriber){
        .log = log, .history = history, .position = log->end, .end = UINT64_MAX};
}

void subscriber_free(struct subscriber *s) {
    buf_free(&s->notes);
    *s = (struct subscriber){.log = NULL};
}

static uint64_t log_end(const struct subscriber *s) {
    return s->end < s->log->end ? s->end : s->log->end;
}

/* --- notes --- */

static struct note note_at(const struct subscriber *s, size_t at) {
    struct note note;
    memcpy(&note, buf_at(&s->notes) + at, sizeof note);
    return note;
}

static void add_note(struct subscriber *s, bool past) {
    struct note note = {.place = log_end(s), .past = past};
    buf_put(&s->notes, &note, sizeof note);
    s->last = sizeof note;
}

/* The last note can grow: nothing has been said since. */
static bool goes_on(const struct subscriber *s) {
    if (s->last == 0) return false;
    struct note note = note_at(s, s->notes.size - s->last);
    return !note.past && note.place == log_end(s);
}

void subscriber_note(struct subscriber *s, const char *lines, size_t size) {
    if (!goes_on(s)) add_note(s, false);
    buf_put(&s->notes, lines, size);
    s->last += size;
    s->own += size;
    struct note note = note_at(s, s->notes.size - s->last);
    note.size += size;
    memcpy(s->notes.bytes + s->notes.start + s->notes.size - s->last, &note, sizeof note);
}

void subscriber_replay(struct subscriber *s) {
    assert(s->past == s->past_end);
    s->past = s->history->first;
    s->past_end = s->history->end;
    if (s->past < s->past_end) add_note(s, true);
}

/* --- hearing --- */

bool subscriber_lacks(const struct subscriber *s) {
    return s->log && (s->notes.size > 0 || s->position < log_end(s));
}

static struct iovec log_piece(const struct subscriber *s, uint64_t position, uint64_t end) {
    struct iovec pieces[2] = {{.iov_len = 0}};
    if (position < end) fanout_pieces(s->log, position, (size_t)(end - position), pieces);
    return pieces[0];
}

static struct iovec note_piece(const struct subscriber *s, const struct note *note,
                               const struct cursor *c) {
    if (note->past) return history_piece(s->history, c->past, s->past_end);
    char *text = s->notes.bytes + s->notes.start + c->at + sizeof *note;
    return (struct iovec){text + c->done, note->size - c->done};
}

/* The piece of a note that is heard next has been heard, n bytes of it. */
static void pass_note(const struct subscriber *s, const struct note *note, struct cursor *c,
                      size_t n) {
    if (note->past)
        c->past += n;
    else
        c->done += n;
    if (note->past ? c->past < s->past_end : c->done < note->size) return;
    c->at += sizeof *note + note->size;
    c->done = 0;
}

/* What is heard next, in one piece, at most `most` bytes of it; none: its length is 0. The cursor
 * moves behind it. */
static struct iovec next_piece(const struct subscriber *s, struct cursor *c, size_t most) {
    bool noted = c->at < s->notes.size;
    struct note note = {.place = log_end(s)};
    if (noted) note = note_at(s, c->at);
    bool in_log = c->position < note.place;
    struct iovec piece = in_log  ? log_piece(s, c->position, note.place)
                         : noted ? note_piece(s, &note, c)
                                 : (struct iovec){.iov_len = 0};
    if (piece.iov_len > most) piece.iov_len = most;
    if (in_log)
        c->position += piece.iov_len;
    else if (noted)
        pass_note(s, &note, c, piece.iov_len);
    return piece;
}

static struct cursor cursor_of(const struct subscriber *s) {
    return (struct cursor){.position = s->position, .past = s->past, .done = s->done};
}

int subscriber_gather(const struct subscriber *s, struct iovec *pieces, int most, size_t *all) {
    struct cursor c = cursor_of(s);
    int count = 0;
    *all = 0;
    while (count < most) {
        pieces[count] = next_piece(s, &c, SIZE_MAX);
        if (pieces[count].iov_len == 0) break;
        *all += pieces[count++].iov_len;
    }
    return count;
}

void subscriber_took(struct subscriber *s, size_t n) {
    struct cursor c = cursor_of(s);
    uint64_t from_log = s->position, from_past = s->past;
    for (size_t left = n; left > 0;) {
        struct iovec piece = next_piece(s, &c, left);
        assert(piece.iov_len > 0);
        left -= piece.iov_len;
    }
    s->own -= n - (size_t)(c.position - from_log) - (size_t)(c.past - from_past);
    s->position = c.position;
    s->past = c.past;
    s->done = c.done;
    buf_drop(&s->notes, c.at);
    if (s->notes.size == 0) s->last = 0;
}
