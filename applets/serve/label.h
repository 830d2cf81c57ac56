/* label: the lines of many speakers on one output, each line behind its speaker's name, never two
 * in one. An unfinished line is shown after 500 ms; when somebody else speaks then, it is broken
 * off and goes on under its name in a new one. So does what follows a message without a newline:
 * on a terminal any line unfinished for so long, elsewhere one of a peer that has never sent a
 * newline. */
#ifndef SOCKKIT_SERVE_LABEL_H
#define SOCKKIT_SERVE_LABEL_H

#include "common/base/buf.h"
#include "common/io/output.h"
#include "common/loop/loop.h"

struct label_speaker;

struct label {
    struct loop *loop;
    struct output *out;
    struct label_speaker *unfinished; /* whose unfinished line is the last on the output */
};

struct label_speaker {
    struct label *label;
    char prefix[160]; /* "[127.0.0.1:4242] " */
    struct buf part;  /* of a line, not shown yet */
    struct timer timer;
    bool has_lines; /* it has sent a newline */
    bool whole;     /* what is shown of its line is a message */
};

void label_start(struct label *l, struct loop *loop, struct output *out);
void label_join(struct label *l, struct label_speaker *s, const char *name);
void label_put(struct label_speaker *s, const char *bytes, size_t n);
/* What was put up to now is a message. */
void label_end_message(struct label_speaker *s);
/* The last line is finished for it. */
void label_leave(struct label_speaker *s);

#endif
