#include "applets/chat/pulse.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void pulses_free(struct pulses *p) {
    free(p->items);
    *p = (struct pulses){.items = NULL};
}

/* NULL: there are too many. */
static struct pulse *pulse_of(struct pulses *p, const char *server, int64_t now) {
    for (size_t i = 0; i < p->size; i++)
        if (!strcmp(p->items[i].server, server)) return &p->items[i];
    if (p->size == PULSE_MOST) return NULL;
    p->items = mem_grow(p->items, &p->capacity, p->size + 1, sizeof *p->items);
    struct pulse *pulse = &p->items[p->size++];
    *pulse = (struct pulse){.since = now};
    memcpy(pulse->server, server, sizeof pulse->server);
    return pulse;
}

void pulses_expect(struct pulses *p, const char *server, int64_t now) {
    struct pulse *pulse = pulse_of(p, server, now);
    if (pulse) pulse->expected = true;
}

bool pulses_advance(struct pulses *p, const char *server, uint64_t number, int64_t now) {
    struct pulse *pulse = pulse_of(p, server, now);
    if (!pulse) return true;
    if (number <= pulse->number) return false;
    pulse->before = pulse->number;
    pulse->number = number;
    return true;
}

void pulses_withdraw(struct pulses *p, const char *server) {
    struct pulse *pulse = pulse_of(p, server, 0);
    if (pulse) pulse->number = pulse->before;
}

bool pulses_know(const struct pulses *p, const char *server) {
    for (size_t i = 0; i < p->size; i++)
        if (!strcmp(p->items[i].server, server)) return p->items[i].beats;
    return false;
}

void pulses_look(struct pulses *p, int64_t now) {
    bool blinked = now - p->looked > PULSE_BLINK;
    p->looked = now;
    for (size_t i = 0; i < p->size; i++) {
        if (blinked) p->items[i].since = now;
        p->items[i].beats = false;
    }
}

void pulses_see(struct pulses *p, const char *server, uint64_t count, int64_t now) {
    struct pulse *pulse = pulse_of(p, server, now);
    if (!pulse) return;
    if (pulse->count != count) pulse->since = now;
    pulse->count = count;
    pulse->beats = true;
    pulse->expected = false;
}

void pulses_judge(struct pulses *p, int64_t now, void (*dead)(void *ctx, const struct pulse *pulse),
                  void *ctx) {
    for (size_t i = 0; i < p->size;) {
        struct pulse *pulse = &p->items[i];
        bool known = pulse->beats || pulse->expected;
        if (known && now - pulse->since >= PULSE_LEASE) {
            dead(ctx, pulse);
            pulse->since = now;
            pulse->expected = false;
        }
        if (known)
            i++;
        else
            *pulse = p->items[--p->size];
    }
}
