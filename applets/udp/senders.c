#include "applets/udp/senders.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/entropy.h"
#include "common/base/mem.h"

#define FIRST_BITS 4

/* --- buckets --- */

/* Mixes one word into a hash (the finalizer of splitmix64). */
static uint64_t mix(uint64_t hash, uint64_t word) {
    hash ^= word;
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

static uint64_t mix_addr(uint64_t hash, const struct addr *a) {
    uint64_t words[2] = {0, 0};
    if (addr_family(a) == AF_INET) memcpy(words, &a->as.v4.sin_addr, sizeof a->as.v4.sin_addr);
    if (addr_family(a) == AF_INET6) memcpy(words, &a->as.v6.sin6_addr, sizeof words);
    if (addr_family(a) == AF_UNIX)
        for (const char *p = a->as.un.sun_path; p < (const char *)&a->as + a->size; p++)
            hash = mix(hash, (unsigned char)*p);
    return mix(mix(mix(hash, words[0]), words[1]), addr_port(a));
}

static struct sender **bucket_of(const struct senders *s, const struct addr *peer) {
    return &s->buckets[mix_addr(s->seed, peer) >> (64 - s->bits)];
}

static void put_in_bucket(struct senders *s, struct sender *sender) {
    struct sender **bucket = bucket_of(s, &sender->peer);
    sender->same = *bucket;
    *bucket = sender;
}

static void take_from_bucket(struct senders *s, struct sender *sender) {
    struct sender **place = bucket_of(s, &sender->peer);
    while (*place != sender) place = &(*place)->same;
    *place = sender->same;
}

static void grow(struct senders *s) {
    if (s->buckets && s->count < (size_t)1 << s->bits) return;
    s->bits = s->buckets ? s->bits + 1 : FIRST_BITS;
    s->buckets = mem_resize(s->buckets, (size_t)1 << s->bits, sizeof *s->buckets);
    memset(s->buckets, 0, sizeof *s->buckets << s->bits);
    for (struct sender *i = s->silent; i; i = i->shorter) put_in_bucket(s, i);
}

/* --- by silence --- */

static void append(struct senders *s, struct sender *sender) {
    sender->longer = s->latest;
    sender->shorter = NULL;
    if (s->latest)
        s->latest->shorter = sender;
    else
        s->silent = sender;
    s->latest = sender;
}

static void unlink_from(struct senders *s, struct sender *sender) {
    if (sender->longer)
        sender->longer->shorter = sender->shorter;
    else
        s->silent = sender->shorter;
    if (sender->shorter)
        sender->shorter->longer = sender->longer;
    else
        s->latest = sender->longer;
}

/* --- all of them --- */

static bool same_here(const struct sender *i, const struct dgram *d) {
    return d->here ? i->here.size && addr_equal(&i->here, d->here) : i->here.size == 0;
}

struct sender *senders_find(const struct senders *s, const struct dgram_door *door,
                            const struct dgram *d) {
    struct sender *i = s->buckets ? *bucket_of(s, d->peer) : NULL;
    while (i &&
           !(i->door == door && addr_equal(&i->peer, d->peer) && (!s->by_here || same_here(i, d))))
        i = i->same;
    return i;
}

void senders_add(struct senders *s, struct sender *sender, struct dgram_door *door,
                 const struct dgram *d) {
    if (!s->buckets && entropy_fill(&s->seed, sizeof s->seed) < 0) s->seed = (uintptr_t)sender;
    grow(s);
    *sender = (struct sender){.door = door, .peer = *d->peer, .pid = d->pid};
    if (d->here) sender->here = *d->here;
    put_in_bucket(s, sender);
    append(s, sender);
    s->count++;
}

void senders_hear(struct senders *s, struct sender *sender, const struct dgram *d, int64_t now) {
    sender->heard = now;
    if (d && d->here) sender->here = *d->here;
    if (s->latest == sender) return;
    unlink_from(s, sender);
    append(s, sender);
}

void senders_remove(struct senders *s, struct sender *sender) {
    take_from_bucket(s, sender);
    unlink_from(s, sender);
    s->count--;
}

void senders_free(struct senders *s) {
    assert(s->count == 0);
    free(s->buckets);
    *s = (struct senders){.by_here = s->by_here};
}

struct dgram sender_reply(const struct sender *s, const char *bytes, size_t size) {
    return (struct dgram){.bytes = bytes,
                          .size = size,
                          .peer = &s->peer,
                          .here = s->here.size ? &s->here : NULL,
                          .pid = s->pid};
}
