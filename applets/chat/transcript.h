/* transcript: what a room has heard, appended to a file, each line with the local time. */
#ifndef SOCKKIT_CHAT_TRANSCRIPT_H
#define SOCKKIT_CHAT_TRANSCRIPT_H

#include <stddef.h>

struct transcript {
    const char *name; /* the caller's; NULL: there is none */
    int file;         /* -1: none, or no more */
};

/* name NULL: nothing will be written. 0, or -1 with errno: the file cannot be opened. */
int transcript_start(struct transcript *t, const char *name);
void transcript_free(struct transcript *t);

/* A line, its newline included. A write that fails is told once and ends the transcript. */
void transcript_write(struct transcript *t, const char *line, size_t size);

#endif
