/* telnet: what telnet(1) says to the other end's system among the text (RFC 854: IAC sequences) is
 * taken out of a stream, so that telnet users can talk in a room. IAC IAC is the byte 255; an IAC
 * before a byte that is no command is a byte of the text, and so is that byte. A newline in the
 * place of an option is one of the text. */
#ifndef SOCKKIT_CHAT_TELNET_H
#define SOCKKIT_CHAT_TELNET_H

#include <stddef.h>

/* How far into a sequence a stream is; {0} at its beginning. */
struct telnet {
    unsigned char state;
};

/* Takes the sequences out of the *n <= STREAM_READ bytes at *bytes, a piece of the stream. Where
 * there are any, *bytes and *n become what is left, valid until the next call for any stream. */
void telnet_strip(struct telnet *t, const char **bytes, size_t *n);

#endif
