/* hub_script: what a hub does for a room by itself, in one piece (EVALSHA): whatever changes two of
 * the room's keys at once.
 *
 * The keys, "sockkit:{ROOM}:" in front of each: log (stream: what happened), names (hash: folded
 * name to SERVER:MEMBER), who (hash: SERVER:MEMBER to name), nodes (hash: SERVER to the last number
 * that it has added), beats (hash: SERVER to its count), meta (hash: n, the number of the last
 * entry; user, of the last guest's name; epoch; born, the epoch that began with an empty log;
 * keep:SERVER, how many entries it wants; keep, the most of them; top:SERVER, the number up to
 * which what it sends comes too late).
 *
 * The fields of an entry of the log: n (numbers without a gap), s (server), q (that server's number
 * of the operation; 0: it is not the server's own), k (kind), m (member), a (name), t (text); with
 * some kinds: b (another's name), to (SERVER:MEMBER). Kinds: join (b: the name it asked for, or
 * had), left (t: why), say, me, nick (t: the new name), msg (b, to: who hears it), gone (of `to`: a
 * member of a server that is no more), refused (t: the name of who is in the way), epoch (the hub
 * has lost entries; those behind this one are new).
 *
 * ARGV[1] is the verb, ARGV[2] the server that asks:
 *   enter EPOCH N ID TOP KEEP FRESH LISTED  the server has seen that epoch (0: none) up to that
 *       number and id, and numbered up to TOP: from now on what it had sent before comes too late.
 *       FRESH is an epoch for a hub that has none. Returns its epoch, n, the last number of the
 *       server that it has (0: none, the server is new to it), the ids where to read on and up to
 *       which there are entries now, how many were trimmed unread, and, where the server needs it
 * or LISTED is 1, the list of who is there. add (Q KIND MEMBER KEY NAME TEXT)...    operations;
 * those that the hub has are left out. join: KEY and NAME, or "" for the next guest's; left: KEY of
 * the name, TEXT; nick: KEY and NAME, TEXT is the key of the old name; msg: KEY of who hears it;
 * gone: MEMBER is SERVER:MEMBER beat                                    counts up; returns all
 * beats dead SERVER COUNT                       its members have left, if it is still at that count
 *   leave                                   so have one's own
 * All but enter fail with UNKNOWN for a server that the hub does not know. */
#ifndef SOCKKIT_CHAT_HUB_SCRIPT_H
#define SOCKKIT_CHAT_HUB_SCRIPT_H

#define HUB_SCRIPT_KEYS 6

extern const char *const hub_script_keys[HUB_SCRIPT_KEYS];
extern const char hub_script[];

#endif
