/* text: numbers, times and sizes as people write them (text.c); UTF-8 (RFC 3629) and printing that
 * is harmless to a terminal (utf8.c); columns (width.c). Pure: no locale, no I/O (the time zone
 * aside). */
#ifndef SOCKKIT_BASE_TEXT_H
#define SOCKKIT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds are the unit of every time in sockkit. */
#define TEXT_NS_PER_MS INT64_C(1000000)
#define TEXT_NS_PER_S INT64_C(1000000000)

/* Each parses the whole of `text` and returns 0, or -1 with errno EINVAL (not of the form:
 * empty, trailing junk) or ERANGE (does not fit). *out is untouched on failure. */
int text_number(const char *text, int64_t *out); /* decimal, optional sign */
int text_time(const char *text, int64_t *ns);    /* 500ms 2 1.5s .5 2m 1h; no sign */
/* 4096 64K 64k 1M 1.5M 2G (powers of 1024); no sign */
int text_size(const char *text, uint64_t *bytes);

/* Rounded to what is worth reading: "0.12 ms", "350 ms", "1.2 s", "3 min 20 s", "2 h 5 min" (a
 * negative time is 0); "812 B", "1.5 MiB". Both return `out`. */
#define TEXT_SHORT 32
const char *text_duration(int64_t ns, char out[TEXT_SHORT]);
const char *text_bytes(uint64_t bytes, char out[TEXT_SHORT]);

/* ISO 8601 with the offset of the local time zone (localtime_r(3)): "2023-11-14T22:13:20+00:00".
 * Returns `out`. */
#define TEXT_STAMP 48
const char *text_stamp(time_t when, char out[TEXT_STAMP]);

/* Decodes one code point from the n >= 1 bytes at s. Returns its length 1-4 and stores it;
 * 0 when the bytes can only be the beginning of one (more are needed); -1 when the first byte
 * begins none (overlong forms, surrogates and anything above U+10FFFF included). */
int text_decode(const char *s, size_t n, uint32_t *point);
/* Writes a valid code point as UTF-8 and returns its length 1-4. */
size_t text_encode(uint32_t point, char out[4]);

/* Columns a code point takes on a terminal: 0 (combining, format, the soft hyphen too), 1, or 2
 * (East Asian wide, emoji); -1 for a control. */
int text_width(uint32_t point);
/* Combines with the character before it, yet has a width (general category Mc). */
bool text_is_spacing_mark(uint32_t point);
/* Bidirectional overrides, embeddings and isolates (U+202A-202E, U+2066-2069). */
bool text_is_bidi(uint32_t point);

/* One character made visible: the output of text_safe and text_quote for a piece of input. */
#define TEXT_SHOWN 16

/* A filter from a peer's bytes to what may be shown on a terminal. Tab, newline and printable UTF-8
 * pass; CR before a newline is dropped; C0 and DEL become ^X, invalid bytes \xNN, C1 controls
 * and bidirectional controls \u{N}. A character cut by a read waits in it for its rest. */
struct text_safe {
    char held[4];
    unsigned char held_size;
    bool cr; /* a CR that waits to see whether a newline follows */
};

/* Filters the n bytes at s into out, which has room for text_safe_room(n) bytes; returns how many
 * were written. With n = 0 what waits is given out (end of the stream). */
size_t text_safe_room(size_t n);
size_t text_safe(struct text_safe *state, const char *s, size_t n, char *out);

/* Writes at most `most` bytes of s, C-escaped between double quotes, "..." behind it where some
 * were left out, to out (size text_quote_room(most)); for --trace and for errors. Printable UTF-8
 * passes. Returns out. */
size_t text_quote_room(size_t most);
const char *text_quote(const char *s, size_t n, size_t most, char *out);

/* The word of the NULL-terminated list (lower case) that is nearest to `word` (any case), by edits
 * (an adjacent swap is one), or NULL when none is near: at most 2 edits, and fewer than the length
 * of the word. */
const char *text_nearest(const char *word, const char *const *list);

#endif
