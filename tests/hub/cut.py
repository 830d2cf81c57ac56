#!/usr/bin/env python3
"""cut.py [SECONDS]: a server whose network to the hub is cut for so long (30): a link between two networks goes down, and nothing says so.

Needs a network that it may change (unshare --net), PYTHONPATH with the folder of hub.py, and an empty folder to run in."""
from hub import *

LEASE = 10


def ip(*words, within=()):
    subprocess.run([*within, "ip", *words], check=True)


def other_network():
    """A network of its own behind a link, 10.77.0.1 here and 10.77.0.2 there: what to put before a command to run it there."""
    holder = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    started.append(holder)
    here = os.readlink("/proc/self/ns/net")
    wait_until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != here)
    there = ["nsenter", "--net", "--target", str(holder.pid)]
    ip("link", "set", "lo", "up")
    ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(holder.pid))
    ip("addr", "add", "10.77.0.1/24", "dev", "near")
    ip("link", "set", "near", "up")
    ip("addr", "add", "10.77.0.2/24", "dev", "far", within=there)
    ip("link", "set", "far", "up", within=there)
    return there


def far_room(there, url):
    """A server in the other network; its members reach it at a path."""
    command = [*there, os.environ["SOCKKIT"], "chat-serve", "-q", "-U", "far.room", "--port-file", "far.port", "--hub", url]
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    started.append(p)
    wait_until(lambda: os.path.exists("far.port"))
    return p


def lines_with(word, lines):
    return [l for l in lines if word in l]


def main():
    seconds = float(args[0]) if args else 30
    socket.setdefaulttimeout(seconds + 30)
    there = other_network()
    e = Engine("--bind", "10.77.0.1", "--protected-mode", "no", port=free_port())
    p, (q, near) = far_room(there, f"redis://10.77.0.1:{e.port}/r"), quiet_room(e)
    a, b = Member("far.room", "ada"), Member(near, "bob")
    a.until("is now bob")
    ip("link", "set", "near", "down")
    begun = time.monotonic()
    a.say("from far")
    b.say("from near")
    heard = [a.until(AWAY)] if seconds > 6 else []
    while time.monotonic() < begun + seconds:
        time.sleep(0.1)
    ip("link", "set", "near", "up")
    b.say("all is well")
    heard = sum(heard, []) + a.until("all is well")
    if not lines_with("(ada) from far", heard):
        heard += a.until("from far")
    assert [l for l in heard if l.endswith("from near")] == ["(bob) from near"], heard
    assert len(lines_with("from far", heard)) == 1, heard
    told = b.until("all is well")
    if not lines_with("from far", told):
        told += b.until("from far")
    gone = seconds > LEASE + 5
    assert lines_with("from far", told) == ["(ada) from far"], told
    assert len(lines_with("ada left", told)) == len(lines_with("ada joined", told)) == gone or LEASE - 3 < seconds <= LEASE + 5, told
    print(f"cut for {seconds:g} s; near heard {told}; far heard {heard}")


main()
