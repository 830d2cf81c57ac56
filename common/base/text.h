/* text: numbers, times and sizes as people write them, and the word they meant. Pure: no locale, no
 * I/O (the time zone aside). */
#ifndef SOCKKIT_BASE_TEXT_H
#define SOCKKIT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds are the unit of every time in sockkit. */
#define TEXT_NS_PER_MS INT64_C(1000000)
#define TEXT_NS_PER_S INT64_C(1000000000)

bool text_is_digits(const char *text); /* and not empty */

/* Each parses the whole of `text` and returns 0; or -1 with errno EINVAL (not of the form, empty,
 * trailing junk) or ERANGE (does not fit), and *out untouched. */
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

/* The time of day in the local time zone, to the microsecond: "12:04:31.004512". Returns `out`. */
#define TEXT_CLOCK 32
const char *text_clock(const struct timespec *when, char out[TEXT_CLOCK]);

/* The word of the NULL-terminated list (lower case) that is nearest to `word` (any case), counted
 * in edits (a swap of neighbours is one). NULL when none is near: a near one takes at most 2 edits,
 * and fewer than the word has letters. */
const char *text_nearest(const char *word, const char *const *list);

#endif
