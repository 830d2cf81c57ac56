#include "common/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int fail(int error) {
    errno = error;
    return -1;
}

bool text_is_digits(const char *text) {
    return *text && strspn(text, "0123456789") == strlen(text);
}

int text_number(const char *text, int64_t *out) {
    const char *digits = text + (*text == '+' || *text == '-');
    /* strtoll would accept blanks in front. */
    if (!is_digit(*digits)) return fail(EINVAL);
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end != '\0') return fail(EINVAL);
    if (errno != 0) return -1;
    *out = value;
    return 0;
}

/* A unit that may stand behind a number. A list of them ends with worth 0. */
struct unit {
    const char *name;
    uint64_t worth;
};

static uint64_t unit_worth(const struct unit *units, const char *name) {
    while (units->worth != 0 && strcmp(units->name, name) != 0) units++;
    return units->worth;
}

/* What the digits behind the point are of one unit, rounded down. Worked out from the last digit
 * on, so that it is exact, and no intermediate value exceeds 10 units, however many digits there
 * are. */
static uint64_t fraction(const char *digits, size_t count, uint64_t worth) {
    uint64_t part = 0;
    while (count-- > 0) part = ((uint64_t)(digits[count] - '0') * worth + part) / 10;
    return part;
}

static int measure(const char *text, const struct unit *units, uint64_t most, uint64_t *out) {
    size_t whole = strspn(text, "0123456789");
    const char *digits = text + whole + (text[whole] == '.');
    size_t decimals = digits == text + whole ? 0 : strspn(digits, "0123456789");
    bool dot_alone = digits != text + whole && decimals == 0;
    uint64_t worth = unit_worth(units, digits + decimals);
    /* half a byte */
    bool indivisible = decimals > 0 && worth == 1;
    if (whole + decimals == 0 || dot_alone || worth == 0 || indivisible) return fail(EINVAL);

    uint64_t value = 0;
    for (size_t i = 0; i < whole; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (most / worth - digit) / 10) return fail(ERANGE);
        value = value * 10 + digit;
    }
    uint64_t part = fraction(digits, decimals, worth);
    if (part > most - value * worth) return fail(ERANGE);
    *out = value * worth + part;
    return 0;
}

int text_time(const char *text, int64_t *ns) {
    static const struct unit units[] = {
        {"", TEXT_NS_PER_S},       {"ms", TEXT_NS_PER_MS},      {"s", TEXT_NS_PER_S},
        {"m", 60 * TEXT_NS_PER_S}, {"h", 3600 * TEXT_NS_PER_S}, {"", 0},
    };
    uint64_t value;
    if (measure(text, units, INT64_MAX, &value) != 0) return -1;
    *ns = (int64_t)value;
    return 0;
}

int text_size(const char *text, uint64_t *bytes) {
    static const struct unit units[] = {
        {"", 1},         {"K", 1U << 10}, {"k", 1U << 10}, {"M", 1U << 20},
        {"m", 1U << 20}, {"G", 1U << 30}, {"g", 1U << 30}, {"", 0},
    };
    return measure(text, units, UINT64_MAX, bytes);
}

/* How many units the amount is, to the nearest. */
static uint64_t rounded(uint64_t amount, uint64_t unit) { return (amount + unit / 2) / unit; }

/* The form is chosen from the rounded value, so that 59.97 s is "1 min 0 s" and not "60.0 s". */
const char *text_duration(int64_t ns, char out[TEXT_SHORT]) {
    uint64_t time = ns > 0 ? (uint64_t)ns : 0;
    uint64_t hundredths = rounded(time, TEXT_NS_PER_MS / 100);
    uint64_t ms = rounded(time, TEXT_NS_PER_MS);
    uint64_t tenths = rounded(time, TEXT_NS_PER_S / 10);
    uint64_t s = rounded(time, TEXT_NS_PER_S);
    uint64_t min = rounded(time, 60 * TEXT_NS_PER_S);
    if (hundredths < 1000)
        snprintf(out, TEXT_SHORT, "%" PRIu64 ".%02" PRIu64 " ms", hundredths / 100,
                 hundredths % 100);
    else if (ms < 1000)
        snprintf(out, TEXT_SHORT, "%" PRIu64 " ms", ms);
    else if (tenths < 600)
        snprintf(out, TEXT_SHORT, "%" PRIu64 ".%" PRIu64 " s", tenths / 10, tenths % 10);
    else if (s < 3600)
        snprintf(out, TEXT_SHORT, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else
        snprintf(out, TEXT_SHORT, "%" PRIu64 " h %" PRIu64 " min", min / 60, min % 60);
    return out;
}

const char *text_bytes(uint64_t bytes, char out[TEXT_SHORT]) {
    static const char prefix[] = "KMGTPE";
    if (bytes < 1024) {
        snprintf(out, TEXT_SHORT, "%" PRIu64 " B", bytes);
        return out;
    }
    size_t i = 0;
    uint64_t unit = 1024, tenths;
    for (;; i++, unit *= 1024) {
        tenths = bytes / unit * 10 + rounded(bytes % unit * 10, unit);
        if (tenths < 10240 || prefix[i + 1] == '\0') break;
    }
    snprintf(out, TEXT_SHORT, "%" PRIu64 ".%" PRIu64 " %ciB", tenths / 10, tenths % 10, prefix[i]);
    return out;
}

/* strftime's %z has no colon; ISO 8601 wants one. */
const char *text_clock(const struct timespec *when, char out[TEXT_CLOCK]) {
    struct tm tm;
    time_t seconds = when->tv_sec;
    localtime_r(&seconds, &tm);
    snprintf(out, TEXT_CLOCK, "%02d:%02d:%02d.%06ld", tm.tm_hour, tm.tm_min, tm.tm_sec,
             when->tv_nsec / 1000);
    return out;
}

const char *text_stamp(time_t when, char out[TEXT_STAMP]) {
    struct tm local;
    char offset[8];
    out[0] = '\0';
    if (localtime_r(&when, &local) == NULL) return out;
    size_t size = strftime(out, TEXT_STAMP, "%Y-%m-%dT%H:%M:%S", &local);
    strftime(offset, sizeof offset, "%z", &local);
    snprintf(out + size, TEXT_STAMP - size, "%.3s:%s", offset, offset + 3);
    return out;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

#define WORD_MOST 63 /* bytes; a longer word is no option or applet mistyped */

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* The edit distance of a and b (optimal string alignment: a swap of neighbours is one edit).
 * Letters of `a` count as lower case. Three rows of the table are enough; rows[0] is the newest. */
static size_t edits(const char *a, size_t a_size, const char *b, size_t b_size) {
    size_t storage[3][WORD_MOST + 1], *rows[3] = {storage[0], storage[1], storage[2]};
    for (size_t j = 0; j <= b_size; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *oldest = rows[2];
        rows[2] = rows[1], rows[1] = rows[0], rows[0] = oldest;
        rows[0][0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t replaced = rows[1][j - 1] + (lower(a[i - 1]) != b[j - 1]);
            size_t cost = least(replaced, least(rows[1][j], rows[0][j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == b[j - 2] && lower(a[i - 2]) == b[j - 1])
                cost = least(cost, rows[2][j - 2] + 1);
            rows[0][j] = cost;
        }
    }
    return rows[0][b_size];
}

const char *text_nearest(const char *word, const char *const *list) {
    size_t size = strlen(word);
    size_t best = least(3, size); /* a word has to be nearer than this */
    const char *nearest = NULL;
    for (; size <= WORD_MOST && *list != NULL; list++) {
        size_t other = strlen(*list);
        if (other > WORD_MOST) continue;
        size_t distance = edits(word, size, *list, other);
        if (distance < best) {
            best = distance;
            nearest = *list;
        }
    }
    return nearest;
}
