/* trial: one item being tried at the addresses of its host, by turns (RFC 8305), until one of them
 * is open or all have had their time. For scan.c alone. */
#ifndef SOCKKIT_PROBE_TRIAL_H
#define SOCKKIT_PROBE_TRIAL_H

#include <stdbool.h>

#include "applets/probe/scan.h"

/* The host is resolved, and a socket may be opened. The scan's `done` is called when the item's
 * state is known, maybe before this returns. */
void trial_begin(struct scan *s, struct item *i);
/* Ends them all; with `tell` the items get what their trials have found out so far. */
void trial_stop_all(struct scan *s, bool tell);

#endif
