/* trial: one item being tried at the addresses of its host, by turns (RFC 8305), until one of them
 * is open or none is left. For scan.c alone. */
#ifndef SOCKKIT_PROBE_TRIAL_H
#define SOCKKIT_PROBE_TRIAL_H

#include "applets/probe/scan.h"

/* The host is resolved, and a socket may be opened. The scan's `done` is called when the item's
 * state is known, maybe before this returns. */
void trial_begin(struct scan *p, struct scan_item *i);
/* Ends them all: each item that nothing was known of gets what its trial has found out so far. */
void trial_stop_all(struct scan *p);

#endif
