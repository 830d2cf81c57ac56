"""pairs: each kind of stdin against each way in which a peer ends, and what has to come of it.

The rules are those of sockkit-connect(1), sockkit-serve(1) and sockkit-chat(1): a stdin that holds
data is sent to its end although the peer has ended its side, as long as the peer takes it.
"""
import collections
import itertools
import os
import re
import socket
import struct
import time

from ends import End
from stage import PIPE, TERMINAL

Pair = collections.namedtuple("Pair", "applet transport stdin end spoken")

APPLETS = ["connect", "serve", "chat", "chat-listen"]
TRANSPORTS = ["tcp", "unix"]
STDINS = ["file", "offset", "early", "late", "socket", "terminal", "null", "closed", "directory"]
ENDS = ["half-close", "close", "reset", "silent", "slow"]
MOUTHS = ["spoken", "mute"]  # whether the peer said something before it ended
EMPTY = {"null", "closed", "directory"}

LINES = b"".join(b"%07d %s\n" % (i, b"." * 72) for i in range(10000))  # more than fits anywhere
BEGUN = len(LINES) // 20  # where a file at an offset begins
TYPED, WORDS = b"typed\n", b"words\n"
WELCOME = b"* welcome, you are user1 (/help lists the commands)\n* here: user1\n"
LATE = 0.5  # seconds after the peer's end: a silent pipe is waited for longer than that


def every():
    return itertools.starmap(Pair, itertools.product(APPLETS, TRANSPORTS, STDINS, ENDS, MOUTHS))


def given(pair):
    """What is on stdin."""
    if pair.stdin in EMPTY:
        return b""
    return {"offset": LINES[BEGUN:], "terminal": TYPED}.get(pair.stdin, LINES)


def said(pair):
    """What the peer says."""
    if pair.spoken == "mute":
        return b""
    return WELCOME if pair.applet == "chat" else WORDS


def lines_of(who, text):
    """What somebody said, of all that a room of two heard."""
    mark = b"(%s) " % who
    return b"".join(l[len(mark):] for l in text.splitlines(True) if l.startswith(mark))


def taken(pair, got):
    """What came from stdin, of all that the peer got."""
    return lines_of(b"host", got) if pair.applet == "chat-listen" else got


def heard(pair, got):
    """What the peer said, of all that came on stdout."""
    if pair.stdin == "terminal":
        got = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\r", b"", got)
        return said(pair) if said(pair).split(b"\n")[0] in got else b""
    return lines_of(b"guest", got) if pair.applet == "chat-listen" else got


# --- playing a pair ---


def open_stdin(s, pair):
    """What sockkit is given as its stdin; ours, if there is a side of ours, is s.stdin."""
    if pair.stdin in ("file", "offset"):
        with open(s.path("stdin"), "wb") as f:
            f.write(LINES)
        fd = os.open(s.path("stdin"), os.O_RDONLY)
        os.lseek(fd, BEGUN if pair.stdin == "offset" else 0, os.SEEK_SET)
        return fd
    if pair.stdin == "socket":
        ours, theirs = socket.socketpair()
        s.stdin = End("stdin", file=ours)
        return theirs
    if pair.stdin == "directory":
        return os.open(s.folder, os.O_RDONLY)
    return {"early": PIPE, "late": PIPE, "terminal": TERMINAL}.get(pair.stdin)


def start(s, pair):
    """Starts sockkit and meets it: our end of the connection."""
    unix = pair.transport == "unix"
    words = ["-i", 1] if pair.end == "silent" else []
    before = (lambda: os.close(0)) if pair.stdin == "closed" else None
    more = {"stdin": open_stdin(s, pair), "stdout": PIPE, "before": before}
    if pair.applet in ("serve", "chat-listen"):
        mode = ["serve", "-1"] if pair.applet == "serve" else ["chat", "--listen"]
        s.serve(*mode, *words, *(["-U", "socket"] if unix else []), once=True, **more)
        return s.client(b"", "socket" if unix else None)
    door = s.listen(socket.AF_UNIX if unix else socket.AF_INET)
    s.start(pair.applet, "-w", 2, *words, *(["-U", "socket"] if unix else ["127.0.0.1", s.port]),
            **more)
    return s.accept(door)


def play(s, pair):
    peer = start(s, pair)
    ends = [end for end in (peer, s.stdin, s.stdout) if end]
    if pair.stdin in ("early", "socket"):
        s.stdin.says(LINES)
    if pair.stdin == "terminal":
        s.stdin.says(TYPED.replace(b"\n", b"\r"), False)
    if pair.end == "slow":
        peer.most, peer.pause = 65536, 0.01
    if pair.stdin not in EMPTY and pair.stdin != "late":  # it has begun
        s.pump(*ends, until=lambda: taken(pair, peer.got) or peer.over)
    if said(pair):
        s.pump(peer.says(said(pair), False), *ends,
               until=lambda: heard(pair, s.stdout.got) == said(pair) or peer.over)
    WAYS[pair.end](s, pair, peer, ends)


def deliver_late(s, pair):
    if pair.stdin == "late":
        time.sleep(LATE)
        s.stdin.says(LINES)


def half_close(s, pair, peer, ends):
    s.pump(peer.says(b""), until=lambda: not peer.shuts)
    deliver_late(s, pair)
    s.pump(*ends, until=lambda: peer.over)
    peer.close()


def close(s, pair, peer, ends):
    peer.close()
    deliver_late(s, pair)
    s.pump(*ends[1:], until=s.gone)


def passes_by(pair):
    """A client that resets before a byte has passed may not count: serve --once waits for another."""
    begun = pair.stdin not in EMPTY and pair.stdin != "late"
    return pair.applet == "serve" and pair.transport == "tcp" and not begun and not said(pair)


def reset(s, pair, peer, ends):
    if peer.file:
        peer.file.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if passes_by(pair):
        peer.close()
        peer = ends[0] = s.client(b"")
    close(s, pair, peer, ends)


def silent(s, pair, peer, ends):
    deliver_late(s, pair)
    s.pump(*ends, until=s.gone)


def slow(s, pair, peer, ends):
    """It ends once it has all, since not every stdin has an end."""
    deliver_late(s, pair)
    s.pump(*ends, until=lambda: peer.over or len(taken(pair, peer.got)) >= len(given(pair)))
    half_close(s, pair._replace(stdin="early"), peer, ends)


WAYS = {"half-close": half_close, "close": close, "reset": reset, "silent": silent, "slow": slow}


# --- judging it ---


def must_arrive(pair):
    """Whether all of stdin has to reach this peer. A room that ends its side ends the talk."""
    takes_all = pair.end in ("half-close", "silent", "slow")
    return takes_all and not (pair.applet == "chat" and pair.end == "half-close")


def good_statuses(pair):
    """Those of a run in which everything arrived."""
    silent, cut = pair.end == "silent", pair.end in ("close", "reset")
    early = {4} if pair.end == "reset" else set()  # before the connection was known
    if pair.stdin == "directory":
        return {1, 5} if silent else {0, 1} | early if cut else {1}
    if silent:
        return {0, 5} if pair.applet == "chat" else {5}
    if pair.applet == "chat" and (pair.stdin in EMPTY | {"terminal"} or pair.end == "half-close"):
        return {0, 1} | early  # the room may have closed before its member left
    if pair.applet == "chat-listen" and cut:
        return {0, 1}  # the guest did not hear that the host left
    return {0, 1} | early if early else {0}


def judge(pair, result):
    """What is wrong; None: nothing."""
    got = {part.name: part.got for part in result.parts}
    came = taken(pair, got.get("peer", got.get("client", b"")))
    out = heard(pair, got.get("terminal", got.get("stdout", b"")))
    everything, untouched = came == given(pair), pair.stdin == "late" and not came
    if pair.applet in ("connect", "serve") and pair.spoken == "mute":
        untouched = False  # stdin was what the connection was for
    errors = [line for line in result.lines if line.startswith("sockkit ") or " idle for " in line]
    allowed = (0, 1, 4, 5) if pair.end == "reset" else (0, 1, 5)  # 4: before it was connected
    if result.stuck or result.status not in allowed:
        return f"hung or killed: status {result.status}"
    if result.status == 0 and not everything and not untouched:
        return f"loss: status 0, {len(came)} of {len(given(pair))} bytes arrived"
    if not given(pair).startswith(came):
        return "garbled: other bytes arrived"
    if out != said(pair) and pair.end != "reset" and pair.stdin != "directory":
        return f"unheard: {len(out)} of {len(said(pair))} bytes came on stdout"
    if must_arrive(pair) and not everything:
        return f"undelivered: {len(came)} of {len(given(pair))}, status {result.status}: {errors}"
    if everything and result.status not in good_statuses(pair):
        return f"status {result.status} though all arrived: {errors}"
    return f"silent: status {result.status}" if result.status and not errors else None
