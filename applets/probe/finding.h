/* finding: what is known of a port: by one attempt, by those at all addresses of its host, and at
 * last of the port. */
#ifndef SOCKKIT_PROBE_FINDING_H
#define SOCKKIT_PROBE_FINDING_H

#include <stddef.h>
#include <stdint.h>

enum port_state {
    PORT_UNKNOWN,
    PORT_OPEN,
    PORT_CLOSED, /* refused */
    PORT_NO_ANSWER,
    PORT_UNEXPECTED,  /* an answer came, but not the one that was asked for */
    PORT_UNREACHABLE, /* the way there is missing or forbidden, on this machine or beyond */
    PORT_UNRESOLVED,  /* the name has no address: not the outcome of an attempt */
    PORT_EXCLUDED,    /* not asked */
};

/* {0}: nothing is known. */
struct finding {
    enum port_state state;
    int error; /* errno behind a state that is not PORT_OPEN; 0: none */
    char *why; /* the same in words, where a proxy is in between; owned; NULL: errno's will do */
    /* ns, without the look-up: until it was known to be open, or what else it is. */
    int64_t took;
    char *address; /* the one that this is known of, where its host is a name; owned; NULL: none */
    char *said;    /* the first line of the answer, without its end; owned; NULL: none */
    size_t said_size;
};

/* "open", "no-answer", ...; what was not probed in time is "no-answer". */
const char *finding_word(const struct finding *f);

/* What is behind a state that is not PORT_OPEN, in words; NULL: it says all. */
const char *finding_why(const struct finding *f);

/* Forgets it. */
void finding_clear(struct finding *f);
/* Puts `from` in the place of *f; `from` is empty then. */
void finding_move(struct finding *f, struct finding *from);

#endif
