/* channel: what a room says is one log, and those who hear it are positions in it. Each hears all
 * of it in one order; who does not keep up is cut off and slows nobody. Pure.
 *
 * What a subscriber lacks is counted together: lines of the log, lines for this one alone, and the
 * history it is being given (which counts for a quarter of the log at most, so that a history
 * larger than the log can be read). It is cut off before that exceeds the size of the log; likewise
 * when its own lines exceed CHANNEL_OWN while those of all exceed the size of the log. So the
 * memory of a channel is its log, its history (and as much of it again as the log holds, while
 * somebody still reads that), once more the size of the log for what is beyond CHANNEL_OWN, and
 * CHANNEL_OWN for each subscriber.
 *
 * Lines are said outside of `deliver` alone, and cutting off says none: what a room has to say of
 * it is said by the owner afterwards (channel_late), which may cut off others in turn. */
#ifndef SOCKKIT_CHAT_CHANNEL_H
#define SOCKKIT_CHAT_CHANNEL_H

#include "applets/chat/history.h"
#include "applets/chat/subscriber.h"
#include "common/base/fanout.h"

#define CHANNEL_OWN ((size_t)65536) /* bytes of lines for one alone, descriptions included */

struct channel {
    struct fanout log;
    struct history history;
    /* Gives a subscriber what it lacks as far as it takes that now (channel_took). Says nothing,
     * notes nothing, and neither adds nor removes subscribers. */
    void (*deliver)(struct subscriber *s);

    /* private */
    struct subscriber *first, *late;
    uint64_t limit; /* as long as the log ends before it nobody lacks more than the log holds */
    size_t own;     /* bytes of all notes */
};

/* size: of the log, in bytes; history: lines. */
void channel_start(struct channel *c, size_t size, size_t history,
                   void (*deliver)(struct subscriber *s));
/* All subscribers have left. */
void channel_free(struct channel *c);

/* Hears what is said from now on. The subscriber is {0}, and stays where it is until it leaves. */
void channel_join(struct channel *c, struct subscriber *s);
/* Also of one that was cut off, or never joined ({0}). */
void channel_leave(struct channel *c, struct subscriber *s);

/* To go over all who are there. */
static inline struct subscriber *channel_first(const struct channel *c) { return c->first; }

static inline struct subscriber *channel_next(const struct subscriber *s) { return s->next; }

/* Bytes that the subscriber lacks, as they count: when that is the size of the log it is cut off.
 */
size_t channel_lack(const struct channel *c, const struct subscriber *s);

/* A line for all, its newline included; no larger than the log. `keep`: it becomes history. */
void channel_say(struct channel *c, const char *line, size_t size, bool keep);
/* Such a line that was said before anybody came: it becomes history alone. */
void channel_keep(struct channel *c, const char *line, size_t size);
/* Lines for one alone, newlines included. One that was cut off hears nothing. */
void channel_note(struct channel *c, struct subscriber *s, const char *lines, size_t size);
/* The history, for one that has just joined. */
void channel_replay(struct channel *c, struct subscriber *s);
/* The first n bytes of what subscriber_gather gave have been heard. */
void channel_took(struct channel *c, struct subscriber *s, size_t n);

/* One who was cut off and has not been given here yet, as if it had left; NULL: none. To be asked
 * after each line and note. */
struct subscriber *channel_late(struct channel *c);

#endif
